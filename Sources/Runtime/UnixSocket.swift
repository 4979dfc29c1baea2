import Foundation

/// Where the control socket of a state directory is, and how it is addressed.
enum UnixSocket {
    /// The longest path of a socket: the field has 104 bytes on macOS, 108 on Linux, and the
    /// shorter one is used everywhere, so that a place does not depend on the system.
    private static let longestPath = 103

    /// `STATE/control.sock`, or a place below /tmp where that is too long.
    static func path(state: String) -> String {
        let usual = "\(state)/control.sock"
        if usual.utf8.count <= longestPath { return usual }
        // FNV-1a: the same place for the same folder, in every run.
        let digest = state.utf8.reduce(14_695_981_039_346_656_037 as UInt64) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return "\(privateFolder)/control-\(String(digest, radix: 16)).sock"
    }

    /// `/tmp/sollol-UID`.
    private static var privateFolder: String { "/tmp/sollol-\(geteuid())" }

    /// Makes the private folder where it is missing; whoever made it before us, it must be ours.
    ///
    /// - Throws: `SystemError`.
    static func makePrivateFolder() throws {
        let folder = privateFolder
        if mkdir(folder, 0o700) != 0 && errno != EEXIST { throw SystemError("mkdir \(folder)") }
        var status = stat()
        guard lstat(folder, &status) == 0 else { throw SystemError("open \(folder)") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError("open \(folder)", code: ENOTDIR)
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw SystemError("use \(folder), which others own or may enter", code: EPERM)
        }
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
