/// What happens next in virtual time: a binary heap, first in first out among equals.
struct EventQueue<Element> {
    private struct Entry {
        var time: Double
        var order: Int
        var element: Element

        static func < (left: Entry, right: Entry) -> Bool {
            (left.time, left.order) < (right.time, right.order)
        }
    }

    private var heap: [Entry] = []
    private var count = 0

    /// Puts an element in, to come out at that time. Returns its number.
    @discardableResult
    mutating func add(_ element: Element, at time: Double) -> Int {
        count += 1
        heap.append(Entry(time: time, order: count, element: element))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { break }
            heap.swapAt(child, parent)
            child = parent
        }
        return count
    }

    /// When the earliest element comes out.
    var nextTime: Double? { heap.first?.time }

    /// Takes out the earliest element, with its time and number.
    mutating func next() -> (time: Double, number: Int, element: Element)? {
        guard let first = heap.first else { return nil }
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.time, first.order, first.element)
    }
}
