using System.Text;
using Partner.Contracts;
using Partner.Egress;

namespace Partner.Sending.Tests;

/// <summary>A data type for tests: an item is a line; one that begins with <c>@ms </c> names its time.</summary>
internal sealed class TestSender(
    bool keepsOrder = false,
    bool validatesKeys = false,
    int windowHours = 1,
    int batchItems = 1_000,
    bool deduplicates = false
) : Sender
{
    public override string Name => "logs";

    public override Product Product => Product.Logs;

    public override IReadOnlyList<IntakePath> Paths { get; } =
    [
        new("/in", 202, DatadogErrorShape.Texts),
        new("/code", 200, DatadogErrorShape.CodeAndMessage),
        new("/public", 202, DatadogErrorShape.Texts) { IsPublic = true },
    ];

    public override SenderLimits Limits { get; } = new(5_000_000, 10_000, 4_750_000, batchItems);

    public override TimeSpan? Window => TimeSpan.FromHours(windowHours);

    public override bool KeepsOrder => keepsOrder;

    public override bool ValidatesKeys => validatesKeys;

    public override bool DeduplicatesRequests => deduplicates;

    public override ParsedBody Parse(IntakeBody body)
    {
        if (body.Memory.Take(body.Bytes.Length) is { } refusal)
        {
            return ParsedBody.Refused(refusal.Status, refusal.Detail);
        }

        var items = new List<Item>();
        foreach (var line in body.Bytes.Span.Split((byte)'\n'))
        {
            var text = body.Bytes.Span[line];
            if (!text.IsEmpty)
            {
                items.Add(
                    new Item(
                        line.Start.Value,
                        text.Length,
                        TimeOf(Encoding.UTF8.GetString(text[..Math.Min(40, text.Length)]))
                    )
                );
            }
        }

        return items.Count == 0
            ? ParsedBody.Refused(400, "No line.")
            : new ParsedBody(body.Bytes, items, body.Query["v"].ToString());
    }

    public override BatchTarget TargetOf(string variant) =>
        new(variant.Length == 0 ? "/out" : $"/out?{variant}", "text/plain", default, "\n"u8.ToArray(), default);

    private static long TimeOf(string text) =>
        text.StartsWith('@') && long.TryParse(text[1..text.IndexOf(' ')], out var at) ? at : 0;
}
