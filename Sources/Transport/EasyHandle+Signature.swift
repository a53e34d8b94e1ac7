internal import CCurl

extension EasyHandle {
  /// Makes libcurl sign the request that is loaded.
  func sign(_ request: HTTPRequest, with signature: AWSSignature) {
    unsafe signature.apply(to: curl)
    // The line that takes a field out of the request would be signed as a field with no value.
    unsafe ccurl_set_pointer(curl, CURLOPT_HTTPHEADER, request.headers.list.fields)
  }

  /// Makes the handle forget a signature's credentials.
  func stopSigning() {
    unsafe AWSSignature.remove(from: curl)
  }
}
