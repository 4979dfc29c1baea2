/// An address and a TCP port.
package struct Endpoint: Hashable, Sendable, Codable, CustomStringConvertible {
    /// A numeric address, or a name.
    package var host: String
    /// 1…65535.
    package var port: Int

    /// An endpoint of these two.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, an IPv6 address in brackets.
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
