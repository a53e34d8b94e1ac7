import Glibc

/// zlib's `uncompress`, from the shared library that libcurl brings along.
enum Zlib {
  private typealias Uncompress =
    @convention(c) (
      UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt>, UnsafePointer<UInt8>, UInt
    ) -> Int32

  /// Undoes zlib compression of at most 32 MiB; empty when it is not that.
  static func inflate(_ bytes: [UInt8]) -> [UInt8] {
    guard let library = unsafe dlopen("libz.so.1", RTLD_NOW),
      let symbol = unsafe dlsym(library, "uncompress")
    else { return [] }
    // The type is the one that zlib.h declares for `uncompress`.
    let uncompress = unsafe unsafeBitCast(symbol, to: Uncompress.self)
    var output = [UInt8](repeating: 0, count: 32 << 20)
    var count = UInt(output.count)
    guard unsafe uncompress(&output, &count, bytes, UInt(bytes.count)) == 0 else { return [] }
    return Array(output.prefix(Int(count)))
  }
}
