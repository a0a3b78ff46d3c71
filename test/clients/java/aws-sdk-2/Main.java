import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sts.StsClient;

/** Asks who it is, puts an object into S3 and gets it again. */
final class Main {
  private static final String BUCKET = "pictures";
  private static final String KEY = "heartbeat";

  public static void main(String[] args) throws Exception {
    AnswerLines.with(() -> {
      StsClient sts = StsClient.create();
      S3Client s3 = S3Client.create();
      return () -> {
        String arn = sts.getCallerIdentity().arn();
        s3.putObject(put -> put.bucket(BUCKET).key(KEY), RequestBody.fromString("alive"));
        return s3.getObjectAsBytes(get -> get.bucket(BUCKET).key(KEY)).asUtf8String() + " as " + arn;
      };
    });
  }
}
