//! Drives Unimatrix's SDK for Rust: one call a process, its outcome as one line of JSON.
use serde_json::{from_str, json, Value};
use std::env::{args, var};
use uni_sdk::{blocking::UniClient, SendOtpRequest, UniError, VerifyOtpRequest};

fn main() {
    let args: Vec<String> = args().collect();
    let outcome = if args[1] == "version" {
        json!({"version": uni_sdk::VERSION})
    } else {
        call(&args[1], &from_str(&args[2]).unwrap())
            .unwrap_or_else(|e| json!({"error": e.to_string(), "requestId": e.request_id()}))
    };
    println!("{outcome}");
}

fn call(action: &str, params: &Value) -> Result<Value, UniError> {
    let (key_id, secret, endpoint) = (env("KEY_ID"), env("KEY_SECRET"), env("ENDPOINT"));
    // docs
    let builder = UniClient::builder().endpoint(endpoint);
    let builder = builder.access_key_id(key_id).access_key_secret(secret);
    let client = builder.build()?;
    // docs
    let text = |name: &str| params[name].as_str().map(str::to_owned);
    let number = |name: &str| params[name].as_u64().map(|n| n as u32);
    let to = text("to").unwrap_or_default();
    if action == "send" {
        let mut request = SendOtpRequest::new(to);
        request.code = text("code");
        request.ttl = number("ttl");
        request.digits = number("digits").map(|n| n as u8);
        request.intent = text("intent");
        request.signature = text("signature");
        request.template_id = text("templateId");
        let answer = client.otp().send(&request)?;
        return Ok(json!({"data": answer.data, "requestId": answer.request_id}));
    }
    let mut request = VerifyOtpRequest::new(to, text("code").unwrap_or_default());
    request.intent = text("intent");
    let answer = client.otp().verify(&request)?;
    let valid = answer.data.as_ref().map(|d| d.valid);
    Ok(json!({"data": answer.data, "valid": valid, "requestId": answer.request_id}))
}

fn env(name: &str) -> String {
    var(name).unwrap_or_default()
}
