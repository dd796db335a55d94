// Answers navigator.credentials.get({otp}) in the place of Chromium's browser process, which has messages on Android
// only. It speaks the wire format of Mojo (docs/autofill.md): the request of WebOTPService.Receive, whose answer is a
// status and a string. Messages of 32 bit words: their header, then the parameters.
const handles = []; // or the garbage collector closes them
const service = new MojoInterfaceInterceptor("blink.mojom.WebOTPService");
service.oninterfacerequest = ({ handle }) => {
  handles.push(handle);
  handles.push(handle.watch({ readable: true }, async () => {
    const { result, buffer } = handle.readMessage();
    if (result !== Mojo.RESULT_OK) return;
    const request = new DataView(buffer);
    const wantsAnswer = request.getUint32(16, true) & 1; // Abort does not
    if (!wantsAnswer) return;
    const code = await (await fetch("/message")).text();
    if (code) handle.writeMessage(answer(request, code), []);
  }));
};
service.start();

function answer(request, code) {
  const text = new TextEncoder().encode(code), header = 32, params = 24, padded = Math.ceil(text.length / 8) * 8;
  const buffer = new ArrayBuffer(header + params + 8 + padded), view = new DataView(buffer);
  const word = (at, value) => view.setUint32(at, value, true);
  word(0, header);
  word(4, 1); // version of the header
  word(12, request.getUint32(12, true)); // the method
  word(16, 2); // this is an answer
  view.setBigUint64(24, request.getBigUint64(24, true), true); // of this request
  word(header, params);
  word(header + 8, 0); // success
  word(header + 16, 8); // the string is 8 bytes after this
  word(header + params, 8 + text.length);
  word(header + params + 4, text.length);
  new Uint8Array(buffer, header + params + 8).set(text);
  return buffer;
}
