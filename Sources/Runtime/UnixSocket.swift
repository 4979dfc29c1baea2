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

    /// Where a running `sollol` listens: which of the private folders could be used when it was
    /// started is told by the file `control` of its state.
    static func recordedPath(state: String) -> String {
        let usual = path(state: state)
        guard !usual.hasPrefix(state + "/"),
            let bytes = try? RegularFile.read("\(state)/control", limit: 1024)
        else { return usual }
        let recorded = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let name = usual.split(separator: "/").last.map(String.init) ?? ""
        return PrivateFolder.places.map { "\($0)/\(name)" }.first { $0 == recorded } ?? usual
    }

    /// Why what listens at that path cannot be believed; nil when its folder is this user's, and
    /// nobody else may enter it.
    static func distrust(_ path: String) -> String? {
        let folder = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        var status = stat()
        guard stat(folder, &status) == 0 else {
            return SystemError("look at \(folder)").description
        }
        guard status.st_uid == geteuid() else {
            return "\(folder) belongs to user \(status.st_uid)"
        }
        guard status.st_mode & 0o077 == 0 else { return "others may enter \(folder)" }
        return nil
    }

    /// The user at the other end of a connection; nil where that is not known.
    static func peer(of descriptor: Descriptor) -> uid_t? {
        #if canImport(Darwin)
            var (user, group) = (uid_t(), gid_t())
            return getpeereid(descriptor.number, &user, &group) == 0 ? user : nil
        #else
            // struct ucred, unix(7): process, user, group.
            var words: [UInt32] = [0, .max, .max]
            var size = socklen_t(words.count * MemoryLayout<UInt32>.size)
            let status = getsockopt(
                descriptor.number, SOL_SOCKET, SO_PEERCRED, &words, &size)
            return status == 0 ? words[1] : nil
        #endif
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
