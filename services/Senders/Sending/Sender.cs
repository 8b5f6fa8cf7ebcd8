using System.Collections.Frozen;
using Partner.Egress;

namespace Partner.Sending;

/// <summary>
/// One data type: its paths and limits, how its requests are read, and what its batches look like. Everything else is
/// the same for all of them.
/// </summary>
public abstract class Sender
{
    /// <summary>Lower case; the service's, the role's and the route's name.</summary>
    public abstract string Name { get; }

    /// <summary>Which of a site's hosts takes its batches.</summary>
    public abstract Product Product { get; }

    public abstract IReadOnlyList<IntakePath> Paths { get; }

    public abstract SenderLimits Limits { get; }

    /// <summary>
    /// How old an item may be by its own timestamp, margin taken off; Datadog drops older ones silently.
    /// Null where there is no such window.
    /// </summary>
    public virtual TimeSpan? Window => null;

    /// <summary>The same of one variant, where they differ.</summary>
    public virtual TimeSpan? WindowOf(string variant) => Window;

    /// <summary>A lane sends one batch at a time, in the order accepted.</summary>
    public virtual bool KeepsOrder => false;

    /// <summary>
    /// The intake answers 202 to a dead key (datadog-facts 3.1), so the key is validated while a lane is active.
    /// </summary>
    public virtual bool ValidatesKeys => false;

    /// <summary>
    /// A request that comes again byte for byte within a minute is stored once: its items have ids, so it can only be a
    /// repetition. Requests of other types may rightly be equal.
    /// </summary>
    public virtual bool DeduplicatesRequests => false;

    /// <summary>The weight of an item towards <see cref="SenderLimits.MaxBatchWeight"/>.</summary>
    public virtual int WeightOf(string variant, ReadOnlySpan<byte> item) => 1;

    /// <summary>
    /// Several items with the separator of a batch between them are sent as one: many that one request leaves as dead
    /// letters then share letters.
    /// </summary>
    public virtual bool JoinsDeadLetters => false;

    /// <summary>What joins them, of one variant; null: each is a letter of its own.</summary>
    public virtual ReadOnlyMemory<byte>? DeadLetterSeparatorOf(string variant) =>
        JoinsDeadLetters ? TargetOf(variant).Separator : null;

    /// <summary>Reads a decompressed body into items. Runs on the request's thread; makes no DOM.</summary>
    public abstract ParsedBody Parse(IntakeBody body);

    /// <summary>Where and in which frame a batch of this variant is sent.</summary>
    public abstract BatchTarget TargetOf(string variant);

    /// <summary>
    /// Not every site takes this type, so a request is accepted only when the connection's site is known to, as far as
    /// it can be told now.
    /// </summary>
    public virtual bool NeedsSink => false;

    /// <summary>Where a site takes this type, and in which form; null: nowhere.</summary>
    public virtual Sink? SinkAt(ConnectionRoute route) =>
        route.Hosts.TryGetValue(Product.ToString(), out var host) ? new Sink(host, TargetOf) : null;

    /// <summary>The meaning of an answer; a sender overrides it where its endpoint differs from the matrix.</summary>
    public virtual Outcome Classify(IntakeAnswer answer) => StatusMatrix.Classify(answer);
}

/// <summary>One path of Datadog's intake that we answer like Datadog.</summary>
/// <param name="Answer">Body of the success, JSON; <see cref="ParsedBody.Answer"/> takes its place where it depends on the request.</param>
public sealed record IntakePath(string Path, int SuccessStatus, DatadogErrorShape Errors, string Answer = "{}")
{
    public IReadOnlyList<string> Methods { get; init; } = [HttpMethods.Post];

    /// <summary>Where it differs from <see cref="SenderLimits.MaxRequestBytes"/>.</summary>
    public int? MaxRequestBytes { get; init; }

    /// <summary>Of one request as it comes, compressed or not, where Datadog names that; the gateway holds it.</summary>
    public int? MaxWireBytes { get; init; }

    /// <summary>
    /// Its keys stand in the source of pages, so anybody may send. What comes here takes at most half of the
    /// connection's room, is refused whole rather than leave a dead letter, and may neither choose an idempotency key
    /// nor wait for its delivery.
    /// </summary>
    public bool IsPublic { get; init; }
}

/// <summary>One intake of a site.</summary>
/// <param name="TargetOf">The target of a batch of a variant.</param>
public sealed record Sink(string Host, Func<string, BatchTarget> TargetOf)
{
    /// <summary>An item as this intake takes it; the outbox keeps it as it was parsed.</summary>
    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Encode { get; init; } = item => item;
}

/// <summary>The documented numbers of one data type; each sender says where they come from.</summary>
/// <param name="MaxRequestBytes">Of one request, decompressed.</param>
/// <param name="MaxRequestItems">Of one request; where Datadog has no such limit, its bytes are the limit.</param>
/// <param name="MaxBatchBytes">Of one batch, before compression, frame and separators included.</param>
/// <param name="MaxBatchItems">Of one batch.</param>
public sealed record SenderLimits(int MaxRequestBytes, int MaxRequestItems, int MaxBatchBytes, int MaxBatchItems)
{
    /// <summary>Of one request to Datadog, in <see cref="Sender.WeightOf"/>.</summary>
    public int MaxBatchWeight { get; init; } = int.MaxValue;

    /// <summary>Of one request to Datadog, compressed. A single item that is larger goes on; Datadog decides.</summary>
    public int MaxWireBytes { get; init; } = int.MaxValue;
}

/// <summary>A batch is Prefix, items with Separator between them, Suffix.</summary>
/// <param name="PathAndQuery">Begins with a slash.</param>
public sealed record BatchTarget(
    string PathAndQuery,
    string ContentType,
    ReadOnlyMemory<byte> Prefix,
    ReadOnlyMemory<byte> Separator,
    ReadOnlyMemory<byte> Suffix
)
{
    /// <summary>Beside the key and what HTTP needs; never a credential.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>gzip, which nearly every intake takes, or deflate.</summary>
    public string ContentEncoding { get; init; } = "gzip";
}
