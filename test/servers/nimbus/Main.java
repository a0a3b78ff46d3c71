import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.util.JSONObjectUtils;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import net.minidev.json.JSONObject;

/** Verifies tokens by Nimbus: for each line of JSON on standard input (issuer, audience, token) one on standard output. */
public class Main {
  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JSONObject asked = JSONObjectUtils.parse(line);
      System.out.println(verify(text(asked, "issuer"), text(asked, "audience"), text(asked, "token")));
    }
  }

  private static String text(JSONObject asked, String name) {
    return (String) asked.get(name);
  }

  private static JSONObject verify(String issuer, String audience, String token) {
    try {
      OIDCProviderMetadata metadata = OIDCProviderMetadata.resolve(new Issuer(issuer));
      JWTClaimsSet claims = processor(metadata, audience).process(token, null);
      return new JSONObject(Map.of("ok", true, "subject", claims.getSubject()));
    } catch (Exception error) {
      return new JSONObject(Map.of("ok", false, "why", error.getClass().getSimpleName() + ": " + error.getMessage()));
    }
  }

  private static DefaultJWTProcessor<SecurityContext> processor(OIDCProviderMetadata metadata, String audience)
      throws Exception {
    Set<JWSAlgorithm> algorithms = new HashSet<>(metadata.getIDTokenJWSAlgs());
    JWTClaimsSet exact = new JWTClaimsSet.Builder().issuer(metadata.getIssuer().getValue()).build();
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(algorithms, JWKSourceBuilder.create(metadata.getJWKSetURI().toURL()).build()));
    processor.setJWTClaimsSetVerifier(
        new DefaultJWTClaimsVerifier<>(audience, exact, Set.of("sub", "iat", "exp")));
    return processor;
  }
}
