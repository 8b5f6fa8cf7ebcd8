using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Partner.Logs.Otlp;

/// <summary>Writes a record as a log of the v2 intake. What its resource and scope bring is made once for all of them.</summary>
internal sealed class LogWriter(ArrayBufferWriter<byte> output)
{
    /// <summary>The source where none is named, as the Agent has it (datadog-facts 3.9 b).</summary>
    private const string DefaultSource = "otlp_log_ingestion";
    private const string SourceAttribute = "datadog.log.source";
    private const string UnreadMember = "otel.unread";

    // Levels of maps that become dotted names; Datadog changes what is deeper (datadog-facts 3.3).
    private const int MaxLevels = 10;

    private static readonly HashSet<string> Fields =
    [
        "message",
        "status",
        "ddsource",
        "ddtags",
        "hostname",
        "service",
        "timestamp",
        "@timestamp",
        "otel.timestamp",
        "dd.trace_id",
        "dd.span_id",
        "otel.trace_id",
        "otel.span_id",
        "otel.severity_text",
        "otel.severity_number",
        "otel.event_name",
        "otel.body",
        "otel.scope.name",
        "otel.scope.version",
    ];

    private readonly Utf8JsonWriter _json = new(output);
    private readonly HashSet<string> _names = [];
    private OtlpResource _resource = OtlpResource.Of([], OtlpFields.Resource.Attributes);
    private byte[] _resourceBytes = [];
    private byte[] _scopeBytes = [];
    private string _tags = "";

    public void EnterResource(ReadOnlySpan<byte> resource)
    {
        _resource = OtlpResource.Of(resource, OtlpFields.Resource.Attributes);
        _resourceBytes = resource.ToArray();
        // A comma ends a tag; what a tag may not have becomes an underscore to Datadog (datadog-facts 3.2).
        _tags = string.Join(',', _resource.Tags.Select(tag => tag.Replace(',', '_')));
    }

    public void EnterScope(ReadOnlySpan<byte> scope) => _scopeBytes = scope.ToArray();

    public void Write(OtlpRecord record, ReadOnlySpan<byte> message)
    {
        _json.Reset();
        _names.Clear();
        _json.WriteStartObject();
        _json.WriteString("message"u8, record.Message);
        WriteFields(record, message);
        // Of one name the resource's goes before the record's, as Datadog's mapping has it.
        WriteAttributes(_resourceBytes, OtlpFields.Resource.Attributes, isRecord: false);
        WriteAttributes(_scopeBytes, OtlpFields.Scope.Attributes, isRecord: false);
        WriteAttributes(message, LogFields.Attributes, isRecord: true);
        WriteBody(message);
        _json.WriteEndObject();
        _json.Flush();
    }

    /// <summary>What cannot be read, as it came.</summary>
    public void WriteUnread(ReadOnlySpan<byte> message)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("ddsource"u8, DefaultSource);
        _json.WriteBase64String(UnreadMember, message);
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteFields(OtlpRecord record, ReadOnlySpan<byte> message)
    {
        Text("status", record.Status);
        Text("ddsource", record.Source ?? _resource.Find(SourceAttribute) ?? DefaultSource);
        Text("ddtags", record.Tags is null || _tags.Length == 0 ? record.Tags ?? _tags : $"{_tags},{record.Tags}");
        Text("hostname", _resource.Host ?? OtlpResource.Of(message, LogFields.Attributes).Host);
        Text("service", _resource.Service ?? record.Service);
        if (record.Time > 0)
        {
            var time = DateTimeOffset.FromUnixTimeMilliseconds((long)(record.Time / 1_000_000));
            _json.WriteNumber("timestamp"u8, time.ToUnixTimeMilliseconds());
            Text("@timestamp", time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            Text("otel.timestamp", record.Time.ToString(CultureInfo.InvariantCulture));
        }

        if (record.TraceId is { } trace)
        {
            Text("dd.trace_id", OtlpRecord.DecimalOf(trace));
            Text("otel.trace_id", trace);
        }

        if (record.SpanId is { } span)
        {
            Text("dd.span_id", OtlpRecord.DecimalOf(span));
            Text("otel.span_id", span);
        }

        Text("otel.severity_text", record.SeverityText);
        Text(
            "otel.severity_number",
            record.SeverityNumber == 0 ? null : record.SeverityNumber.ToString(CultureInfo.InvariantCulture)
        );
        Text("otel.event_name", record.EventName);
        Text("otel.body", record.OtherBody);
        Text("otel.scope.name", TextOf(_scopeBytes, OtlpFields.Scope.Name));
        Text("otel.scope.version", TextOf(_scopeBytes, OtlpFields.Scope.Version));
    }

    private void Text(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _json.WriteString(name, value);
        }
    }

    private void WriteAttributes(ReadOnlySpan<byte> message, int field, bool isRecord)
    {
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == field)
            {
                var name = OtlpValue.KeyOf(reader.ReadBytes(), out var value);
                if (!isRecord || !OtlpRecord.IsField(name, value))
                {
                    WriteFlat(name, value, 1, keepsFields: true);
                }
            }
        }
    }

    // A body that is a map is the message as JSON, and its entries are attributes, too.
    private void WriteBody(ReadOnlySpan<byte> message)
    {
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == LogFields.Body && OtlpValue.IsMap(reader.ReadBytes(), out var entries))
            {
                WriteEntries("", entries, 1, keepsFields: false);
            }
        }
    }

    private void WriteFlat(string name, ReadOnlySpan<byte> value, int level, bool keepsFields)
    {
        if (level < MaxLevels && OtlpValue.IsMap(value, out var entries))
        {
            WriteEntries(name, entries, level + 1, keepsFields);
            return;
        }

        if (Fields.Contains(name))
        {
            if (!keepsFields)
            {
                return;
            }

            name = name is "hostname" or "service" ? $"otel.{name}" : $"otel.attributes.{name}";
        }

        if (name.Length > 0 && _names.Add(name))
        {
            _json.WritePropertyName(name);
            OtlpValue.WriteValue(_json, value);
        }
    }

    private void WriteEntries(string name, ReadOnlySpan<byte> entries, int level, bool keepsFields)
    {
        for (var reader = new ProtobufReader(entries); reader.Next(); )
        {
            if (reader.Field == OtlpFields.Any.Values)
            {
                var key = OtlpValue.KeyOf(reader.ReadBytes(), out var value);
                WriteFlat(name.Length == 0 ? key : $"{name}.{key}", value, level, keepsFields);
            }
        }
    }

    private static string? TextOf(ReadOnlySpan<byte> message, int field)
    {
        string? text = null;
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            text = reader.Field == field ? reader.ReadString() : text;
        }

        return text;
    }
}
