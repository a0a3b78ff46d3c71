import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.HttpRequestFactory;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.google.auth.http.HttpCredentialsAdapter;
import com.google.auth.oauth2.GoogleCredentials;
import java.util.List;

/** Asks BigQuery for a project's datasets, with the library's own adapter for authorised requests. */
final class Main {
  private static final String DATASETS = "https://bigquery.googleapis.com/bigquery/v2/projects/acme/datasets";
  private static final String SCOPE = "https://www.googleapis.com/auth/bigquery";

  public static void main(String[] args) throws Exception {
    AnswerLines.with(() -> {
      GoogleCredentials credentials = GoogleCredentials.getApplicationDefault().createScoped(List.of(SCOPE));
      HttpRequestFactory requests =
          new NetHttpTransport().createRequestFactory(new HttpCredentialsAdapter(credentials));
      return () -> requests.buildGetRequest(new GenericUrl(DATASETS)).execute().parseAsString();
    });
  }
}
