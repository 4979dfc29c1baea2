/// Two files of the tensor cache that a build of llama.cpp is tried with (shard-trial.sh).
package struct TriedFiles: Equatable, Sendable {
    /// What became of them.
    package enum Fate: String, Equatable, Sendable, CaseIterable {
        /// The first was taken as it is, the second was written.
        case kept
        /// The first was written over or removed: it was not taken as it is.
        case rewritten
        /// The second is not there.
        case absent
        /// There is no folder for them; nothing was started.
        case nowhere
    }

    /// Is there before the server starts, with other bytes than the tensor of that name has.
    package var taken: StoredFile
    /// The server has to write it, when it gets the tensor of that name.
    package var kept: StoredFile

    /// These two.
    package init(taken: StoredFile, kept: StoredFile) {
        self.taken = taken
        self.kept = kept
    }
}
