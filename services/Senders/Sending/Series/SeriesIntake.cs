using Npgsql;

namespace Partner.Sending.Series;

/// <summary>
/// Reads a body again with the last points of its series, where it has cumulative ones, and once more for each time that
/// one of them was overtaken before the commit.
/// </summary>
internal sealed class SeriesIntake(SeriesStore store)
{
    // The client sent a series twice at once, or from several places; more than this is no accident.
    private const int MaxAttempts = 10;

    // Connections that share one wait for each other now and then.
    private readonly SemaphoreSlim[] _turns =
    [
        .. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(initialCount: 1, maxCount: 1)),
    ];

    /// <param name="parse">Of the body, with or without points.</param>
    /// <param name="accept">Commits what was read, and the points as it leaves them.</param>
    public async Task<(BodyRejection? Refusal, ParsedBody Parsed)> AcceptAsync(
        ConnectionId connection,
        IntakeBody body,
        Func<IntakeBody, ParsedBody> parse,
        Func<ParsedBody, SeriesPoints?, Task<BodyRejection?>> accept,
        CancellationToken cancellationToken
    )
    {
        var unpaid = body.Memory.Taken;
        var parsed = parse(body);
        if (parsed.Refusal is not null || parsed.Continues.Count == 0)
        {
            return (await accept(parsed, null), parsed);
        }

        if (!parsed.TakesTurns)
        {
            return await FollowAsync(connection, body, parsed, unpaid, parse, accept, cancellationToken);
        }

        var turn = _turns[(uint)connection.GetHashCode() % _turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await FollowAsync(connection, body, parsed, unpaid, parse, accept, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<(BodyRejection? Refusal, ParsedBody Parsed)> FollowAsync(
        ConnectionId connection,
        IntakeBody body,
        ParsedBody parsed,
        long unpaid,
        Func<IntakeBody, ParsedBody> parse,
        Func<ParsedBody, SeriesPoints?, Task<BodyRejection?>> accept,
        CancellationToken cancellationToken
    )
    {
        var keys = parsed.Continues;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            // What was read before is garbage.
            body.Memory.Give(body.Memory.Taken - unpaid);
            var points = await TryFindAsync(connection, keys, body.Now, cancellationToken);
            if (points is null)
            {
                break;
            }

            if (body.Memory.Take(points.StoredBytes) is { } unheld)
            {
                return (unheld, parsed);
            }

            parsed = parse(body with { Series = points });
            if (await accept(parsed, points) is var refusal && refusal != BodyRejection.Overtaken)
            {
                return (refusal, parsed);
            }
        }

        return (BodyRejection.Unavailable, parsed);
    }

    private async Task<SeriesPoints?> TryFindAsync(
        ConnectionId connection,
        IReadOnlyCollection<SeriesKey> keys,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await store.FindAsync(connection, keys, now, cancellationToken);
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }
}
