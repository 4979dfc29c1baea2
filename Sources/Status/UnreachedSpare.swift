import Basics

/// A spare whose host could not be asked by the look that a start or a reload begins with, so that
/// nobody knows whether it would start when it is needed.
package struct UnreachedSpare: Codable, Equatable, Sendable {
    /// Which one it is.
    package var node: Node
    /// Why, with the name of its host.
    package var complaint: Complaint

    /// A spare that cannot be reached for that reason.
    package init(_ node: Node, _ complaint: Complaint) {
        (self.node, self.complaint) = (node, complaint)
    }

    /// What people are told of it.
    func sentence(at time: Timestamp) -> String {
        "\(node), a spare, may not start when it is needed: at the last look (\(time); "
            + "`sollol reload` looks again) \(complaint.text)"
    }
}
