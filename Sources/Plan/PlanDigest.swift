import Basics

extension LaunchPlan {
    /// A digest of what would run: the first 16 digits of a SHA-256.
    ///
    /// It covers processes, with their places, commands, environments, order and readiness, and
    /// the unmanaged backends; not assumptions, reasons and timeouts, which change nothing that
    /// runs. So what was reviewed can be what is run.
    package var id: String {
        var text = ""
        /// Each field with its length, so that no two plans share a rendering.
        func field(_ value: String) { text += "\(value.utf8.count):\(value)," }
        func fields(_ values: [String]) {
            field(String(values.count))
            values.forEach(field)
        }
        fields(["sollol plan 1", cluster, String(processes.count), String(unmanaged.count)])
        for process in processes {
            fields([process.node.description, process.role.rawValue, process.host])
            if case .ssh(let destination, let options) = process.location {
                fields([destination] + options)
            } else {
                fields([])
            }
            fields([process.bind.description, process.dial.description])
            fields(process.forwards.map(\.description) + [process.readiness.description])
            fields(process.argv)
            fields(process.environment.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
            fields(process.startAfter.map(\.description))
        }
        for backend in unmanaged {
            fields([backend.node.description, backend.endpoint.host, String(backend.endpoint.port)])
        }
        return String(SHA256.hex(text.utf8).prefix(16))
    }
}
