import JSON

// Files beside a prompt (developers.openai.com/api/docs/guides/images-vision and …/file-inputs).
extension OpenAI {
  /// - Parameter text: the type of the part that is the prompt's own text.
  func appendParts(
    of prompt: Prompt,
    text: String,
    to body: inout [UInt8],
    _ append: (AttachedFile, inout [UInt8]) -> Void
  ) {
    body.append(UInt8(ascii: "["))
    for (place, file) in prompt.attachments.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      append(file, &body)
    }
    if !prompt.text.isEmpty {
      body.appendRaw(",{\"type\":\"\(text)\",\"text\":")
      body.appendJSON(prompt.text)
      body.append(UInt8(ascii: "}"))
    }
    body.append(UInt8(ascii: "]"))
  }

  static func appendChatPart(_ file: AttachedFile, to body: inout [UInt8]) {
    if file.isPDF {
      body.appendRaw("{\"type\":\"file\",\"file\":{\"filename\":")
      body.appendJSON(file.name)
      body.appendRaw(",\"file_data\":")
    } else {
      body.appendRaw("{\"type\":\"image_url\",\"image_url\":{\"url\":")
    }
    appendDataURL(of: file, to: &body)
    body.appendRaw("}}")
  }

  static func appendResponsesPart(_ file: AttachedFile, to body: inout [UInt8]) {
    if file.isPDF {
      body.appendRaw("{\"type\":\"input_file\",\"filename\":")
      body.appendJSON(file.name)
      body.appendRaw(",\"file_data\":")
    } else {
      body.appendRaw("{\"type\":\"input_image\",\"image_url\":")
    }
    appendDataURL(of: file, to: &body)
    body.append(UInt8(ascii: "}"))
  }

  /// RFC 2397.
  private static func appendDataURL(of file: AttachedFile, to body: inout [UInt8]) {
    body.appendRaw("\"data:\(file.mediaType);base64,")
    body.appendBase64(file.bytes)
    body.append(UInt8(ascii: "\""))
  }
}
