import com.alibaba.fastjson.JSON;
import com.alipay.global.api.DefaultAlipayClient;
import com.alipay.global.api.exception.AlipayApiException;
import com.alipay.global.api.model.ams.AuthenticationChannelType;
import com.alipay.global.api.model.ams.AuthenticationType;
import com.alipay.global.api.model.ams.UserIdentityType;
import com.alipay.global.api.request.AlipayRequest;
import com.alipay.global.api.request.ams.users.AlipayInitAuthenticationRequest;
import com.alipay.global.api.request.ams.users.AlipayVerifyAuthenticationRequest;
import com.alipay.global.api.response.AlipayResponse;
import java.util.Map;

/** Drives Alipay's SDK for Java: one call a process, its outcome as one line of JSON. */
public class Main {
  /** The SDK has no class for customers/initAuthentication. */
  public static class Init extends AlipayRequest<InitResponse> {
    public String authenticationRequestId, identityValue;
    public String authenticationMethod = "OTP", authenticationType = "SMS", identityType = "MOBILENO";

    public Class<InitResponse> getResponseClass() {
      return InitResponse.class;
    }
  }

  public static class InitResponse extends AlipayResponse {
    public String authenticationId;
  }

  public static void main(String[] args) {
    Map<String, ?> outcome;
    if (args[0].equals("version")) {
      String jar = DefaultAlipayClient.class.getProtectionDomain().getCodeSource().getLocation().getPath();
      outcome = Map.of("version", jar.replaceAll(".*-([0-9.]+)\\.jar", "$1"));
    } else {
      try {
        outcome = call(args[0], args[1], args[2]);
      } catch (Exception e) {
        outcome = Map.of("error", String.valueOf(e.getMessage()));
      }
    }
    System.out.println(JSON.toJSONString(outcome));
  }

  static Map<String, ?> call(String api, String requestId, String value) throws AlipayApiException {
    String gateway = System.getenv("GATEWAY"), clientId = System.getenv("CLIENT_ID");
    String privateKey = System.getenv("PRIVATE_KEY"), serverKey = System.getenv("SERVER_KEY");
    // docs
    var client = new DefaultAlipayClient(gateway, privateKey, serverKey, clientId);
    // docs
    if (api.equals("init")) {
      var init = new Init();
      init.setPath("/ams/api/v1/customers/initAuthentication");
      init.authenticationRequestId = requestId;
      init.identityValue = value;
      var answer = client.execute(init);
      var id = answer.authenticationId == null ? "" : answer.authenticationId;
      return Map.of("code", answer.getResult().getResultCode(), "authenticationId", id);
    }
    if (api.equals("users-init")) {
      var init = new AlipayInitAuthenticationRequest();
      init.setAuthenticationType(AuthenticationType.OTP);
      init.setAuthenticationRequestId(requestId);
      init.setAuthenticationChannelType(AuthenticationChannelType.SMS);
      init.setUserIdentityType(UserIdentityType.WALLET_TOKEN);
      init.setUserIdentityValue(value);
      return Map.of("code", client.execute(init).getResult().getResultCode());
    }
    var verify = new AlipayVerifyAuthenticationRequest();
    verify.setAuthenticationType(AuthenticationType.OTP);
    verify.setAuthenticationRequestId(requestId);
    verify.setAuthenticationValue(value);
    var answer = client.execute(verify);
    return Map.of("code", answer.getResult().getResultCode(), "passed", answer.isPassed());
  }
}
