/// How a coordinator with a file of API keys answers without a key, and with the first one of it.
package enum APIAccess: Equatable, Sendable {
    /// It asks for a key, and takes ours.
    case guarded
    /// It answers without a key.
    case open(status: Int)
    /// It does not take ours.
    case refused(status: Int)
    /// Nobody knows: it did not answer, or the key could not be read.
    case unknown(String)
}
