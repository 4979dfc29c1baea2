import Basics
import Model

/// A file of a model on a web server, as it was when its header was read.
package struct RemoteFile: Equatable, Sendable {
    /// Where.
    package let address: SourceAddress
    /// Its strong ETag, quotes included: every part of it has to come with the same.
    package let etag: String
    /// Bytes.
    package let byteCount: UInt64

    /// A file with these.
    package init(address: SourceAddress, etag: String, byteCount: UInt64) {
        self.address = address
        self.etag = etag
        self.byteCount = byteCount
    }

    /// Stands for the file's state in names of files: 8 hexadecimal digits of its address, ETag
    /// and size. An ETag tells states of one resource apart, and nothing of another (RFC 9110,
    /// 8.8.3). What signs an address, its query, may be another one each time.
    package var tag: String {
        let place = address.text.prefix { $0 != "?" && $0 != "#" }
        return String(SHA256.hex("\(place) \(etag) \(byteCount)".utf8).prefix(8))
    }
}
