/// What a process is for.
package enum Role: String, Equatable, Sendable {
    /// An rpc-server: offers devices.
    case worker
    /// The llama-server: loads the model, serves the API.
    case coordinator
}
