internal import CCurl

extension EasyHandle {
  /// The path of the transfer that has just ended.
  var pathReport: PathReport {
    PathReport(
      address: text(CURLINFO_PRIMARY_IP),
      resolved: time(CURLINFO_NAMELOOKUP_TIME_T),
      connected: time(CURLINFO_CONNECT_TIME_T),
      secured: time(CURLINFO_APPCONNECT_TIME_T),
      answered: time(CURLINFO_STARTTRANSFER_TIME_T),
      certificate: certificate
    )
  }

  private func time(_ info: CURLINFO) -> Duration {
    unsafe .microseconds(max(0, Int(ccurl_get_size(curl, info))))
  }

  private func text(_ info: CURLINFO) -> String {
    var found: UnsafeMutableRawPointer?
    unsafe ccurl_get_pointer(curl, info, &found)
    let text = unsafe found?.assumingMemoryBound(to: CChar.self)
    return unsafe text.map { unsafe String(cString: $0) } ?? ""
  }

  /// The server's own, which comes first in its chain.
  private var certificate: PathReport.Certificate? {
    var found: UnsafeMutableRawPointer?
    unsafe ccurl_get_pointer(curl, CURLINFO_CERTINFO, &found)
    guard let found = unsafe found else { return nil }
    let chain = unsafe found.assumingMemoryBound(to: curl_certinfo.self).pointee
    guard unsafe chain.num_of_certs > 0, var line = unsafe chain.certinfo[0] else { return nil }
    var fields: [String: String] = [:]
    while true {
      let text = unsafe String(cString: line.pointee.data)
      let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
      if parts.count == 2, fields[parts[0]] == nil { fields[parts[0]] = parts[1] }
      guard let next = unsafe line.pointee.next else { break }
      unsafe line = next
    }
    return PathReport.Certificate(
      issuer: fields["Issuer"] ?? "",
      expires: fields["Expire date"] ?? ""
    )
  }
}
