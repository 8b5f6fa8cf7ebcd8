using Partner.Contracts;

namespace Partner.Sending.DeadLetters;

/// <summary>What a connection's dead letters take.</summary>
/// <param name="Replayed">Of <paramref name="Bytes"/>, those of letters that were sent again: they are only history.</param>
internal sealed record Held(ConnectionId Connection, long Bytes, long Replayed);

/// <summary>So much of a connection's oldest is to go.</summary>
internal sealed record Removal(ConnectionId Connection, long Bytes, bool OnlyReplayed);

/// <summary>
/// Who has to give up how much, so that no tenant's dead letters fill the disk of all (F22). Who holds more than a
/// connection may, what is beyond. Where all hold more than there is room for, those that hold most come down to one
/// level, so that who holds less than that loses nothing because of the others.
/// </summary>
internal static class DeadLetterRoom
{
    /// <returns>Of a connection, what was sent again first.</returns>
    public static List<Removal> Decide(IReadOnlyCollection<Held> held, long maxConnectionBytes, long maxBytes)
    {
        var level = Math.Min(maxConnectionBytes, LevelOf([.. held.Select(h => h.Bytes).Order()], maxBytes));
        var removals = new List<Removal>();
        foreach (var (connection, bytes, replayed) in held.Where(h => h.Bytes > level).OrderByDescending(h => h.Bytes))
        {
            var history = Math.Min(replayed, bytes - level);
            removals.Add(new Removal(connection, history, OnlyReplayed: true));
            removals.Add(new Removal(connection, bytes - level - history, OnlyReplayed: false));
        }

        removals.RemoveAll(r => r.Bytes == 0);
        return removals;
    }

    // Who holds least is served first, and leaves to the others what it does not need of its share.
    private static long LevelOf(List<long> ascending, long room)
    {
        for (var i = 0; i < ascending.Count; i++)
        {
            var share = room / (ascending.Count - i);
            if (ascending[i] > share)
            {
                return share;
            }

            room -= ascending[i];
        }

        return long.MaxValue;
    }
}
