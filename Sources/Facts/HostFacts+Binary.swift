import LlamaCpp

extension HostFacts {
    /// An installed program.
    package struct Binary: Codable, Equatable, Sendable {
        /// Where it was found; becomes argv[0].
        package var path: String
        /// Which file that was.
        package var stamp: Stamp
        /// Its full build string, if it or a tool beside it tells one.
        package var version: String?
        /// What it accepts; nil for rpc-server, which has no need of it.
        package var capabilities: Capabilities?
        /// Threads for the CPU that an rpc-server says it takes unless it is told a number; 0 where
        /// it does not say; nil where nobody asked, and of any other program.
        package var defaultThreads: Int?
        /// Checksum and size of it and of libraries beside it, by name; nil if nobody asked.
        package var digests: [String: String]?
        /// The time of its inode's change, then sizes and times of the files beside it that its
        /// answers depend on, as its host prints them, or nil when it has not answered as it
        /// should.
        package var companions: String?

        /// What its host prints of it and these files as long as none of them has changed; nil when
        /// it has to be asked in any case, as for what an earlier release did not look for.
        package var fingerprint: String? {
            if let capabilities,
                capabilities.corsOrigins == nil || capabilities.companions == nil
                    || capabilities.sleep == nil
            {
                return nil
            }
            // An rpc-server of whose threads nobody knows.
            if capabilities == nil, defaultThreads == nil { return nil }
            return companions.map {
                "\(stamp.size) \(stamp.modified / 1_000_000_000)\($0.isEmpty ? "" : " ")\($0) "
                    + path
            }
        }

        /// A binary with these facts.
        package init(
            path: String, stamp: Stamp, version: String? = nil, capabilities: Capabilities? = nil,
            companions: String? = nil
        ) {
            self.path = path
            self.stamp = stamp
            self.version = version
            self.capabilities = capabilities
            self.companions = companions
        }
    }
}
