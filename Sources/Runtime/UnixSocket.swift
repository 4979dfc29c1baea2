import Foundation

/// Where the control socket of a state directory is, and how it is addressed.
enum UnixSocket {
    /// The longest path of a socket: the field has 104 bytes on macOS, 108 on Linux, and the
    /// shorter one is used everywhere, so that a place does not depend on the system.
    private static let longestPath = 103

    /// `STATE/control.sock`, or a place in the private folder where that is too long.
    static func path(state: String) -> String {
        let usual = "\(state)/control.sock"
        if usual.utf8.count <= longestPath { return usual }
        // FNV-1a: the same place for the same folder, in every run.
        let digest = state.utf8.reduce(14_695_981_039_346_656_037 as UInt64) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        let folder = PrivateFolder.usable.first ?? PrivateFolder.places[0]
        return "\(folder)/control-\(String(digest, radix: 16)).sock"
    }

    /// Hands the address of a path that is short enough to a call that takes the general form.
    static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            for (index, byte) in path.utf8.prefix(longestPath).enumerated() { field[index] = byte }
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// A new stream socket that no child inherits.
    ///
    /// - Throws: `SystemError` when descriptors have run out.
    static func make() throws -> Descriptor { try Descriptor(socket: AF_UNIX) }
}
