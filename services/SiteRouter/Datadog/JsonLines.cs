using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Partner.SiteRouter.Datadog;

/// <summary>JSON values, one a line (application/x-ndjson), as they came.</summary>
internal sealed class JsonLines(PipeWriter output)
{
    /// <summary>No more than this waits for a slow reader, beside the page itself.</summary>
    private const int FlushAt = 65_536;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private long _lines;

    public async ValueTask WriteAsync(JsonElement item, CancellationToken cancellationToken)
    {
        Write(item);
        _lines++;
        if (output.UnflushedBytes >= FlushAt)
        {
            await FlushAsync(cancellationToken);
        }
    }

    /// <summary>The last line of what did not come whole.</summary>
    public async Task WriteIncompleteAsync(CallProblem why, CancellationToken cancellationToken)
    {
        await using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("$incomplete");
            json.WriteString("type", why.Type);
            json.WriteNumber("status", why.Status);
            json.WriteString("title", why.Title);
            json.WriteNumber("items", _lines);
            if (why.RetryAfter is { } wait)
            {
                json.WriteNumber("retry_after", Problems.WholeSeconds(wait));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        await FlushAsync(cancellationToken);
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if ((await output.FlushAsync(cancellationToken)).IsCompleted)
        {
            throw new OperationCanceledException("The reader has left.");
        }
    }

    // Written for people: the same bytes without the blanks between values, which strings cannot hold unescaped breaks in.
    private void WriteCompact(ReadOnlySpan<byte> raw)
    {
        for (var inString = false; raw.Length > 0; )
        {
            var end = raw.IndexOfAny(inString ? "\"\\"u8 : "\" \t\r\n"u8);
            if (end < 0)
            {
                output.Write(raw);
                return;
            }

            var (kept, skipped) = raw[end] switch
            {
                (byte)'"' => (end + 1, 0),
                (byte)'\\' => (end + 2, 0),
                _ => (end, 1),
            };
            inString ^= raw[end] == '"';
            output.Write(raw[..kept]);
            raw = raw[(kept + skipped)..];
        }
    }

    private void Write(JsonElement item)
    {
        var raw = JsonMarshal.GetRawUtf8Value(item);
        if (raw.IndexOfAny((byte)'\n', (byte)'\r') < 0)
        {
            output.Write(raw);
        }
        else
        {
            WriteCompact(raw);
        }

        output.Write("\n"u8);
    }
}
