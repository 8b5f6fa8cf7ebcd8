using System.Text;
using System.Text.Json;

namespace Partner.Sending.Otlp;

/// <summary>
/// Export…ServiceResponse, in the content type of its request: empty, or with what was not taken and why
/// (https://opentelemetry.io/docs/specs/otlp/#partial-success-1).
/// </summary>
public static class OtlpAnswer
{
    public const string Protobuf = "application/x-protobuf";
    public const string Json = "application/json";

    private const int PartialSuccess = 1;
    private const int Rejected = 1;
    private const int ErrorMessage = 2;

    /// <param name="field">Of those that were not taken, as JSON has it: <c>rejectedLogRecords</c>.</param>
    public static ParsedBody To(ParsedBody parsed, string contentType, string field)
    {
        var dead = parsed.Parts.SelectMany(part => part.Dead).ToList();
        var rejected = dead.Sum(letter => letter.Items);
        var answer = contentType == Protobuf ? "" : "{}";
        if (rejected > 0)
        {
            var words = Words(dead);
            answer = contentType == Protobuf ? InProtobuf(rejected, words) : InJson(field, rejected, words);
        }

        return parsed with
        {
            Answer = answer,
            AnswerType = contentType,
        };
    }

    /// <summary>An answer is kept as text; of protobuf a character is a byte.</summary>
    internal static byte[] BytesOf(string answer, string contentType) =>
        (contentType == Protobuf ? Encoding.Latin1 : Encoding.UTF8).GetBytes(answer);

    private static string Words(List<DeadItem> dead)
    {
        var reasons = dead.GroupBy(letter => letter.Reason)
            .Select(group => $"{group.Sum(letter => letter.Items)} {group.Key.Text()} ({group.First().Detail})");
        return $"Not taken: {string.Join(", ", reasons)}";
    }

    private static string InProtobuf(int rejected, string words)
    {
        var writer = new ProtoWriter(256);
        var partial = writer.Begin(PartialSuccess);
        writer.Varint(Rejected, (ulong)rejected);
        writer.String(ErrorMessage, words);
        writer.End(partial);
        return Encoding.Latin1.GetString(writer.Written.Span);
    }

    // 64-bit numbers are text in OTLP/JSON.
    private static string InJson(string field, int rejected, string words) =>
        $$$"""{"partialSuccess":{"{{{field}}}":"{{{rejected}}}","errorMessage":"{{{JsonEncodedText.Encode(words)}}}"}}""";
}
