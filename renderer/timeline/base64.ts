interface Base64Decoder {
  fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
}

/** The bytes of a base64 text, which must be so many. The platform's decoder is ten times as fast as the loop. */
export function bytesOf(text: string, expected: number): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as Base64Decoder;
  let bytes: Uint8Array<ArrayBuffer>;
  if (fromBase64 !== undefined) bytes = fromBase64.call(Uint8Array, text);
  else {
    const binary = atob(text);
    bytes = new Uint8Array(binary.length);
    for (let n = 0; n < binary.length; n++) bytes[n] = binary.charCodeAt(n);
  }
  if (bytes.length !== expected) throw new Error('a column of events is too short');
  return bytes;
}
