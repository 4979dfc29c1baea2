import Basics

/// What of a plan can be reached without a key from beyond its hosts.
package struct Exposure: Equatable, Sendable {
    /// Whose it is.
    package var nodes: [Node]
    /// What can be done there, and against it.
    package var complaint: Complaint

    /// `worker-1, worker-3: …`.
    package var description: String { complaint.about(Node.list(nodes)).text }
}

extension LaunchPlan {
    /// Everything that can be reached so, each in a line: rpc-servers, by whomever they are
    /// started, and the API.
    package var exposures: [Exposure] { exposures { _ in true } }

    /// The same of those hosts only.
    package func exposures(where isMeant: (String) -> Bool) -> [Exposure] {
        [exposedWorkers(where: isMeant), exposedAPI(where: isMeant)].compactMap(\.self)
    }

    /// rpc-server has no authentication.
    private func exposedWorkers(where isMeant: (String) -> Bool) -> Exposure? {
        let managed = processes.filter { $0.role == .worker }.map { ($0.node, $0.bind) }
        let others = unmanaged.map { ($0.node, $0.endpoint) }
        let open = (managed + others)
            .filter { !AddressRange.isLoopback($0.1.host) && isMeant($0.1.host) }
            .sorted { $0.0.name < $1.0.name }
        guard !open.isEmpty else { return nil }
        let endpoints = open.map(\.1.description).joined(separator: ", ")
        return Exposure(
            nodes: open.map(\.0),
            complaint: Complaint(
                "rpc-server has no authentication, so whoever can reach \(endpoints) can use it "
                    + "and may run code there",
                remedy: "Keep that network to yourself, or use \"transport\": \"ssh\"."))
    }

    private func exposedAPI(where isMeant: (String) -> Bool) -> Exposure? {
        guard let process = process(.coordinator), !asksForKeys, isMeant(process.bind.host),
            !AddressRange.isLoopback(process.bind.host), process.bind.host != "::1"
        else { return nil }
        return Exposure(
            nodes: [process.node],
            complaint: Complaint(
                "the API on \(process.bind) asks for no key, so whoever can reach that address "
                    + "can use it",
                remedy: "Set \(ConfigurationKey.coordinator(.apiKeyFile)), or "
                    + "\(ConfigurationKey.coordinator(.host)) to 127.0.0.1."))
    }
}
