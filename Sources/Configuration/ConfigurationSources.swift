import Basics

/// A file that was read.
package struct SourceFile: Equatable, Sendable {
    /// As people named it, for messages.
    package var path: String
    /// The absolute folder that relative paths in it count from.
    package var folder: String
    /// Its content, of which no more than `Bounds.configurationBytes` + 1 bytes need be here.
    package var bytes: [UInt8]

    /// A file with that content.
    package init(path: String, folder: String, bytes: [UInt8]) {
        self.path = path
        self.folder = folder
        self.bytes = bytes
    }
}

/// What the loader has to know about the machine on which `sollol` runs.
package struct LocalMachine: Equatable, Sendable {
    /// Its numeric IPv4 addresses.
    package var addresses: Set<String>
    /// Its own name.
    package var hostName: String
    /// The user's home folder, absolute.
    package var home: String
    /// The working directory, absolute.
    package var workingDirectory: String

    /// A machine of that description.
    package init(addresses: Set<String>, hostName: String, home: String, workingDirectory: String) {
        self.addresses = addresses
        self.hostName = hostName
        self.home = home
        self.workingDirectory = workingDirectory
    }

    /// Whether a host of the configuration is this machine, as far as can be told without asking
    /// the network.
    func isMe(_ host: String) -> Bool {
        let name = host.lowercased()
        return addresses.contains(host) || AddressRange.isLoopback(host)
            || (!hostName.isEmpty && name == hostName.lowercased())
    }
}

/// Everything that a configuration is made of, unread.
package struct ConfigurationSources: Equatable, Sendable {
    /// The configuration file.
    package var file: SourceFile?
    /// `rpc_backends.conf` beside it.
    package var backendsFile: SourceFile?
    /// Where the file was looked for.
    package var searched: [String]
    /// What people should know of how the files were found, one line each.
    package var notices: [String] = []
    /// The environment.
    package var environment: [String: String]
    /// Options of the command line by name, `--port`.
    package var options: [String: String]
    /// The machine on which `sollol` runs.
    package var machine: LocalMachine
    /// Whether it is of workers that do not exist, for a plan alone.
    package var isDesign = false
    /// The numbers that endpoints were given earlier.
    package var numbers = WorkerNumbers()

    /// These sources.
    package init(
        file: SourceFile?, backendsFile: SourceFile?, searched: [String] = [],
        environment: [String: String], options: [String: String], machine: LocalMachine
    ) {
        self.file = file
        self.backendsFile = backendsFile
        self.searched = searched
        self.environment = environment
        self.options = options
        self.machine = machine
    }
}
