/// What is known of a cluster that left a state folder: whether anybody could start it again.
package struct Leftover: Equatable, Sendable {
    /// The absolute path of its configuration; nil: it was started without one.
    package var configuration: String?
    /// Whether that file is there.
    package var isConfigured: Bool
    /// The process id of its `sollol`; nil: none runs.
    package var pid: Int?
    /// Where it has servers: on this machine, as it tells.
    package var servers: Int
    /// Other hosts on which it ran some, as `ssh` is typed: nobody asks those.
    package var otherHosts: [String]

    /// What is known.
    package init(
        configuration: String?, isConfigured: Bool, pid: Int?, servers: Int, otherHosts: [String]
    ) {
        self.configuration = configuration
        self.isConfigured = isConfigured
        self.pid = pid
        self.servers = servers
        self.otherHosts = otherHosts
    }

    /// Why it is kept; nil: it can go.
    package var reasonToKeep: String? {
        if let pid { return "it runs (pid \(pid))" }
        guard let configuration else {
            return "it was started without a file, so that it can be started the same way again"
        }
        if isConfigured { return "its configuration \(configuration) is there" }
        if servers > 0 { return "servers of it run here. Start it again, or end them" }
        guard otherHosts.isEmpty else {
            return "it ran servers on other hosts (\(otherHosts.joined(separator: ", "))), and "
                + "only its configuration says how to ask those. Look there, then remove its folder"
        }
        return nil
    }
}
