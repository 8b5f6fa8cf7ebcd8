using System.Diagnostics.CodeAnalysis;

namespace Partner.Sending.Lanes;

/// <summary>
/// Serves members in turn, each as many bytes per turn as any other, regardless of the size of its batches or the
/// length of its queue (Shreedhar and Varghese, "Efficient Fair Queuing using Deficit Round Robin", 1995).
/// </summary>
internal sealed class DeficitRoundRobin<T>(long quantum)
    where T : class
{
    private readonly LinkedList<T> _ring = [];
    private readonly Dictionary<T, (LinkedListNode<T> Node, long Deficit)> _members = [];

    public bool Contains(T member) => _members.ContainsKey(member);

    public void Add(T member)
    {
        if (!_members.ContainsKey(member))
        {
            _members.Add(member, (_ring.AddLast(member), 0));
        }
    }

    /// <summary>Gives back what it was overcharged, when a batch turned out smaller than its estimate.</summary>
    public void Refund(T member, long bytes)
    {
        if (_members.TryGetValue(member, out var state))
        {
            _members[member] = state with { Deficit = state.Deficit + bytes };
        }
    }

    /// <summary>
    /// The next member to serve, charged with its cost. One whose cost is zero has nothing to send: it leaves, and
    /// <paramref name="leave"/> is told.
    /// </summary>
    public bool TryNext(Func<T, long> costOf, Action<T> leave, [NotNullWhen(true)] out T? next)
    {
        while (_ring.First is { } first)
        {
            var member = first.Value;
            var cost = costOf(member);
            var deficit = _members[member].Deficit;
            if (cost <= 0)
            {
                _ring.Remove(first);
                _members.Remove(member);
                leave(member);
            }
            else if (deficit >= cost)
            {
                _members[member] = (first, deficit - cost);
                next = member;
                return true;
            }
            else
            {
                _ring.Remove(first);
                _ring.AddLast(first);
                _members[member] = (first, deficit + quantum);
            }
        }

        next = null;
        return false;
    }

    public void Clear()
    {
        _ring.Clear();
        _members.Clear();
    }
}
