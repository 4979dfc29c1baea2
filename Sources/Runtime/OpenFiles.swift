import Foundation

/// How many files, pipes and sockets this process may have open at once.
package enum OpenFiles {
    /// What is asked for where more is allowed: some six for each process of a cluster, and the
    /// clients of the dashboard.
    private static let wanted: rlim_t = 8192

    /// Raises the limit as far as is allowed and wanted. launchd gives 256 on macOS, and a shell
    /// may have been told less; what is started here inherits it.
    package static func raiseLimit() {
        guard var now = limits, now.rlim_cur < wanted, now.rlim_cur < now.rlim_max else { return }
        now.rlim_cur = min(wanted, now.rlim_max)
        _ = setrlimit(resource, &now)
    }

    /// How many may be open now; nil where the system does not tell.
    static var limit: UInt64? { limits.map { UInt64($0.rlim_cur) } }

    private static var limits: rlimit? {
        var limits = rlimit()
        return getrlimit(resource, &limits) == 0 ? limits : nil
    }

    #if canImport(Glibc)
        private static var resource: __rlimit_resource_t { .init(RLIMIT_NOFILE.rawValue) }
    #else
        private static var resource: Int32 { RLIMIT_NOFILE }
    #endif
}
