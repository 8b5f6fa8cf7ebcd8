using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Partner.Events;

/// <summary>
/// <c>{"status":"ok","event":{"title":...,"text":...,"date_happened":...,"handle":null,"priority":null,
/// "related_event_id":null,"tags":[...]}}</c>, as Datadog answers, less <c>id</c>, <c>id_str</c> and <c>url</c>: Datadog
/// gives them when the event is delivered, which is later. They are optional in Datadog's specification, and its clients
/// read an answer without them; a made-up id would lead nowhere.
/// </summary>
internal static class EventsAnswer
{
    private static readonly string[] Repeated = ["priority", "related_event_id", "tags"];

    public static string Write(ReadOnlySpan<byte> body, EventFields read, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("status", "ok");
            json.WriteStartObject("event");
            json.WriteString("title", read.Title);
            json.WriteString("text", read.Text);
            json.WriteNumber("date_happened", (long)(read.DateHappened ?? now.ToUnixTimeSeconds()));
            json.WriteNull("handle");
            foreach (var name in Repeated)
            {
                json.WritePropertyName(name);
                if (read.Find(name) is { } value)
                {
                    json.WriteRawValue(body[value], skipInputValidation: true);
                }
                else
                {
                    json.WriteNullValue();
                }
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
