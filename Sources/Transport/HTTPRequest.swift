/// One HTTP request, ready to send.
package struct HTTPRequest: Sendable {
  /// The request methods that providers and secret stores need.
  package enum Method: Sendable {
    case get
    case post
    case put
  }

  package var method: Method
  /// An absolute `http://` or `https://` URL.
  package var url: String
  package var headers: RequestHeaders
  /// The body of a POST or PUT; ignored for a GET.
  package var body: ArraySlice<UInt8>
  package var deadlines: Deadlines
  /// The way that it takes, and no other; nil for the transport's usual one.
  package var route: RouteHandle?
  /// Signs the request for AWS; nil for everybody else.
  package var signature: AWSSignature?
  /// Whether the response is to say by what path it came.
  package var wantsPath = false

  /// Makes a request; a body given as an `Array` is passed as `body[...]`.
  package init(
    method: Method = .post,
    url: String,
    headers: RequestHeaders,
    body: ArraySlice<UInt8> = [],
    deadlines: Deadlines = Deadlines()
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.deadlines = deadlines
  }
}
