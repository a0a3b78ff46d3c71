import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import com.amazonaws.services.securitytoken.AWSSecurityTokenService;
import com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder;
import com.amazonaws.services.securitytoken.model.GetCallerIdentityRequest;

/** Asks who it is, puts an object into S3 and gets it again. */
final class Main {
  private static final String BUCKET = "pictures";
  private static final String KEY = "heartbeat";

  public static void main(String[] args) throws Exception {
    AnswerLines.with(() -> {
      AWSSecurityTokenService sts = AWSSecurityTokenServiceClientBuilder.defaultClient();
      AmazonS3 s3 = AmazonS3ClientBuilder.defaultClient();
      return () -> {
        String arn = sts.getCallerIdentity(new GetCallerIdentityRequest()).getArn();
        s3.putObject(BUCKET, KEY, "alive");
        return s3.getObjectAsString(BUCKET, KEY) + " as " + arn;
      };
    });
  }
}
