using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace Partner.Testing;

/// <summary>A request that shows a row of a README's table.</summary>
public sealed record RequestCase(string Row, string Path, byte[] Body, string ContentType = "application/json")
{
    public RequestCase(string row, string path, string body, string contentType = "application/json")
        : this(row, path, Encoding.UTF8.GetBytes(body), contentType) { }

    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <summary>What becomes of it has the time when it came in it, and so is not the same twice.</summary>
    public bool IsStamped { get; init; }

    public HttpContent NewContent() =>
        new ByteArrayContent(Body) { Headers = { ContentType = new MediaTypeHeaderValue(ContentType) } };
}

/// <param name="Detail">What stands in the answer; empty: nothing in particular.</param>
public sealed record RequestReply(int Status, string Detail);

/// <param name="DeadLetter">Reasons, separated by commas.</param>
public sealed record RequestRow(RequestReply Reply, RequestReply Strict, string DeadLetter);

/// <summary>
/// <c>| Request | Reply | Strict key | Dead letter |</c> of a README: what comes of a request. A reply is a status and
/// perhaps, as code, words of the answer; of an empty cell for strict keys the reply is the same.
/// </summary>
public static partial class RequestTable
{
    private const string Head = "| Request | Reply | Strict key | Dead letter |";

    public static IReadOnlyDictionary<string, RequestRow> Read(string readme)
    {
        var lines = File.ReadAllLines(Repository.PathOf(readme))
            .SkipWhile(line => line != Head)
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'));
        return lines
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(
                cells => cells[0],
                cells => new RequestRow(
                    Reply(cells[1]),
                    Reply(cells[2].Length == 0 ? cells[1] : cells[2]),
                    cells[3].Replace("`", "", StringComparison.Ordinal)
                )
            );
    }

    private static RequestReply Reply(string cell)
    {
        var match = Cell().Match(cell);
        return match.Success
            ? new(
                int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture),
                match.Groups[2].Value
            )
            : throw new InvalidOperationException($"'{cell}' is no reply.");
    }

    [GeneratedRegex("^([0-9]{3})(?: `([^`]+)`)?$")]
    private static partial Regex Cell();
}
