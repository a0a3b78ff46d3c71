import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.InsertAllRequest;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.TableId;
import java.util.Map;

/** Inserts a row into a table of BigQuery and reads the table. */
final class Main {
  private static final TableId ORDERS = TableId.of("sales", "orders");

  public static void main(String[] args) throws Exception {
    AnswerLines.with(() -> {
      BigQuery bigquery = BigQueryOptions.newBuilder().setProjectId("acme").build().getService();
      return () -> {
        bigquery.insertAll(InsertAllRequest.newBuilder(ORDERS).addRow(Map.of("id", 1)).build());
        long rows = bigquery.query(QueryJobConfiguration.of("SELECT id FROM sales.orders")).getTotalRows();
        return rows + " rows";
      };
    });
  }
}
