internal import CCurl

/// The certificates that a loop's connections trust, read once for all of them.
///
/// libcurl reads them again for each multi handle, which takes 30 ms for a system's bundle; a loop
/// opens many, and new ones for each credential.
@safe final class TrustStore {
  private let store: OpaquePointer

  /// Reads a PEM file, or the system's bundle.
  ///
  /// It is nil where that fails, or where libcurl does not use this process's libssl: libcurl is
  /// then left to read the file, and to say what is wrong with it.
  init?(file: String?) {
    guard Self.isUsable, let file = file ?? Self.systemFile, let store = unsafe X509_STORE_new()
    else { return nil }
    guard unsafe X509_STORE_load_file(store, file) == 1 else {
      unsafe X509_STORE_free(store)
      ERR_clear_error()
      return nil
    }
    // As libcurl does: a certificate in the file is trusted whether or not it signed itself.
    let flags = X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN
    unsafe X509_STORE_set_flags(store, UInt(flags))
    unsafe self.store = unsafe store
  }

  deinit {
    unsafe X509_STORE_free(store)
  }

  /// Makes a TLS context trust these certificates, and no others.
  func apply(to context: OpaquePointer) {
    unsafe SSL_CTX_set1_cert_store(context, store)
  }

  static var isUsable: Bool {
    guard let version = unsafe ccurl_version().pointee.ssl_version else {
      return false
    }
    return unsafe String(cString: version)
      == "OpenSSL/" + String(cString: OpenSSL_version(OPENSSL_VERSION_STRING))
  }

  private static var systemFile: String? {
    unsafe ccurl_version().pointee.cainfo.map { unsafe String(cString: $0) }
  }
}
