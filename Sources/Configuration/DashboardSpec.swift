/// What an operator looks at: a page and numbers over HTTP, served by `sollol up` itself.
package struct DashboardSpec: Equatable, Codable, Sendable {
    /// Whether there is one.
    package var isEnabled = true
    /// The numeric IPv4 address that it listens on.
    package var host = "127.0.0.1"
    /// Its port, or nil: one behind that of the coordinator that nothing else has.
    package var port: Int?
    /// What it is called beside its addresses and `localhost`: browsers say how they reached it.
    package var names: [String] = []
    /// Users of this machine who may look, beside its own and root; `*`: all of them.
    package var users: [String] = []

    /// Whether all users may look.
    package static let everybody = "*"

    package init() {}
}
