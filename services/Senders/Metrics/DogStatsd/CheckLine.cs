using System.Text;

namespace Partner.Metrics.DogStatsd;

/// <summary>
/// <c>_sc|Redis connection|2|d:1656581409|h:web1|#env:dev|m:Redis connection timed out after 10s</c> becomes a service
/// check (datadog-facts 3.5).
/// </summary>
internal static class CheckLine
{
    /// <summary>Checks of a request to Datadog (limits 3.1).</summary>
    public const int MaxBatchItems = 100;

    /// <summary>Checks may be 10 minutes old (datadog-facts 3.5); the margin is for the way there.</summary>
    public static readonly ItemWindow Window = new(TimeSpan.FromMinutes(10) - TimeSpan.FromMinutes(1), null);

    /// <param name="leftOut">Fields that are not what they should be: as the Agent does, the check goes without them.</param>
    /// <returns>Null, or why it is not taken.</returns>
    public static BadLine? Read(ReadOnlySpan<byte> line, DateTimeOffset now, LineItems checks, ref int leftOut)
    {
        var fields = new LineFields(line["_sc|".Length..]);
        fields.Next();
        var name = fields.Current;
        if (name.Length == 0 || !fields.Next())
        {
            return BadLine.NoCheck;
        }

        if (fields.Current is not [>= (byte)'0' and <= (byte)'3' and var status])
        {
            return BadLine.NoStatus;
        }

        var (host, tags) = ((string?)null, LineTags.None);
        var message = (string?)null;
        var seconds = 0L;
        while (fields.Next())
        {
            if (fields.Is("d:"u8, out var value))
            {
                leftOut += LineFields.TryWhole(value, out seconds) ? 0 : 1;
            }
            else if (fields.Is("h:"u8, out value))
            {
                host = value.Length == 0 ? null : Encoding.UTF8.GetString(value);
            }
            else if (fields.Is("#"u8, out value))
            {
                tags = LineTags.Read(value);
            }
            else if (fields.Is("m:"u8, out value))
            {
                message = Encoding.UTF8.GetString(value);
            }
        }

        host ??= tags.Host;
        if (host is null)
        {
            return BadLine.NoHost;
        }

        var at = seconds == 0 ? now.ToUnixTimeSeconds() : seconds;
        var json = checks.Begin();
        json.WriteString("check"u8, Encoding.UTF8.GetString(name));
        json.WriteString("host_name"u8, host);
        json.WriteNumber("status"u8, status - '0');
        json.WriteNumber("timestamp"u8, at);
        json.WriteText("message"u8, message);
        json.WriteTags(tags.Tags);
        checks.End(ItemTime.FromSeconds(at));
        return null;
    }
}
