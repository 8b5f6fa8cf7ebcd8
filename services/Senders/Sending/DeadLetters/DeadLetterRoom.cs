namespace Partner.Sending.DeadLetters;

/// <summary>The bytes that a connection's dead letters take.</summary>
/// <param name="Replayed">Of <paramref name="Bytes"/>, those of letters that were sent again: they are only history.</param>
internal sealed record Held(ConnectionId Connection, long Bytes, long Replayed);

/// <summary>So much of a connection's oldest is to go.</summary>
internal sealed record Removal(ConnectionId Connection, long Bytes, bool OnlyReplayed);

/// <summary>
/// Which connection has to give up how much, so that no tenant's dead letters fill the disk of all (F22). A connection
/// over its own limit gives up the excess. Where all hold more than there is room for, the connections that hold most
/// come down to one level, so that a connection below that level loses nothing because of the others.
/// </summary>
internal static class DeadLetterRoom
{
    /// <returns>Of a connection, replayed letters first.</returns>
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

    // The connection that holds least is served first, and leaves to the others what it does not need of its share.
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
