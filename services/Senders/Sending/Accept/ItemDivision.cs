using Partner.Sending.Outbox;

namespace Partner.Sending.Accept;

/// <summary>Which of a request's items are sent, and what becomes of the others. No I/O.</summary>
internal static class ItemDivision
{
    /// <summary>The body with the items to send, and the dead letters of the others: the parser's, and those too old.</summary>
    public static (ParsedBody Good, List<DeadLetter> Dead) Divide(
        Sender sender,
        ConnectionId connection,
        ParsedBody parsed,
        DateTimeOffset now
    )
    {
        var parts = parsed.Parts.Select(part => (Part: part, Divided: WithoutExpired(sender, part, now))).ToList();
        var good = parts.ConvertAll(part => part.Part with { Items = part.Divided.Good });
        return (
            good[0] with
            {
                More = good[1..],
            },
            [
                .. parts.SelectMany(part =>
                    part.Part.Dead.Concat(part.Divided.Expired)
                        .Select(dead => LetterOf(connection, part.Part.Variant, dead))
                ),
            ]
        );
    }

    /// <summary>Where Datadog would refuse each item it would refuse the request: then nothing of it is kept.</summary>
    public static BodyRejection? NothingIn(ParsedBody parsed) =>
        parsed.Parts.All(part => part.Items.Count == 0)
        && parsed.Parts.SelectMany(part => part.Dead).ToList() is [var first, ..] dead
        && dead.TrueForAll(d => d.Status > 0)
            ? new BodyRejection(first.Status, first.Detail)
            : null;

    /// <summary>What is wrong with them, for a strict key.</summary>
    public static string Words(List<DeadLetter> dead) =>
        dead.All(d => d.Reason == DeadLetterReason.Expired) ? "older than Datadog takes"
        : dead.All(d => d.Reason is DeadLetterReason.Expired or DeadLetterReason.Future)
            ? "older or newer than Datadog takes"
        : dead.All(d => d.Reason is DeadLetterReason.Expired or DeadLetterReason.Future or DeadLetterReason.TooLong)
            ? "too long, older or newer than Datadog takes"
        : $"not what Datadog takes, the first: {dead.First(d => d.Reason is not (DeadLetterReason.Expired or DeadLetterReason.Future)).Detail}".TrimEnd(
            '.'
        );

    private static (IReadOnlyList<Item> Good, IReadOnlyList<DeadItem> Expired) WithoutExpired(
        Sender sender,
        ParsedBody parsed,
        DateTimeOffset now
    )
    {
        if (
            (now - sender.WindowOf(parsed.Variant))?.ToUnixTimeMilliseconds() is not { } oldest
            || parsed.Items.All(item => item.At == 0 || item.At >= oldest)
        )
        {
            return (parsed.Items, []);
        }

        var dead = new DeadItems(sender.DeadLetterSeparatorOf(parsed.Variant));
        foreach (var item in parsed.Items.Where(item => item.At != 0 && item.At < oldest))
        {
            dead.Add(
                DeadLetterReason.Expired,
                $"Older than Datadog takes: its time is {ItemTime.Describe(item.At)}.",
                parsed.Bytes.Span.Slice(item.Offset, item.Length),
                item.At
            );
        }

        return ([.. parsed.Items.Where(item => item.At == 0 || item.At >= oldest)], dead.Finish());
    }

    private static DeadLetter LetterOf(ConnectionId connection, string variant, DeadItem dead) =>
        new(connection, dead.Reason, dead.Detail, variant, dead.At, dead.Bytes) { Items = dead.Items };
}
