using System.Buffers;
using System.Text;
using System.Text.Json;
using Partner.Traces.Wire;

namespace Partner.Traces.Agent;

/// <summary>
/// The <c>span_events</c> and <c>span_links</c> of a span as the JSON of its tags <c>events</c> and
/// <c>_dd.span_links</c>, which is how a tracer writes them that does not know these fields.
/// </summary>
internal sealed class SpanParts
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;

    private SpanParts() => _json = new Utf8JsonWriter(_buffer);

    /// <summary>Events, links and attributes.</summary>
    public int Count { get; private set; }

    private bool IsFull => Count > AgentSpan.MaxTags;

    /// <summary>Null: there is no array, and it is not read.</summary>
    public static (string Json, int Count)? ReadEvents<TReader>(ref TReader reader)
        where TReader : ISpanReader, allows ref struct
    {
        var parts = new SpanParts();
        return parts.TryReadAll(ref reader, isLinks: false) ? (parts.Text(), parts.Count) : null;
    }

    /// <inheritdoc cref="ReadEvents"/>
    public static (string Json, int Count)? ReadLinks<TReader>(ref TReader reader)
        where TReader : ISpanReader, allows ref struct
    {
        var parts = new SpanParts();
        return parts.TryReadAll(ref reader, isLinks: true) ? (parts.Text(), parts.Count) : null;
    }

    private string Text()
    {
        _json.Flush();
        return Encoding.UTF8.GetString(_buffer.WrittenSpan);
    }

    private bool TryReadAll<TReader>(ref TReader reader, bool isLinks)
        where TReader : ISpanReader, allows ref struct
    {
        if (!reader.TryReadArray(out var left))
        {
            return false;
        }

        _json.WriteStartArray();
        while (reader.Next(ref left))
        {
            Count++;
            if (IsFull || !reader.TryReadMap(out var fields))
            {
                reader.Skip();
                continue;
            }

            _json.WriteStartObject();
            if (isLinks)
            {
                ReadLink(ref reader, fields);
            }
            else
            {
                ReadEvent(ref reader, fields);
            }

            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        return true;
    }

    private void ReadEvent<TReader>(ref TReader reader, int left)
        where TReader : ISpanReader, allows ref struct
    {
        var (hasAttributes, name, time) = (false, "", 0UL);
        while (reader.Next(ref left))
        {
            switch (reader.ReadKey())
            {
                case "time_unix_nano" when reader.TryReadInteger(out time):
                case "name" when reader.TryReadText(out name):
                    break;
                case "attributes" when !hasAttributes && reader.TryReadMap(out var attributes):
                    hasAttributes = true;
                    ReadAttributes(ref reader, attributes, isTyped: true);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        _json.WriteNumber("time_unix_nano", time);
        _json.WriteString("name", name);
        WriteNone(hasAttributes);
    }

    private void ReadLink<TReader>(ref TReader reader, int left)
        where TReader : ISpanReader, allows ref struct
    {
        var (hasAttributes, trace, high, span, flags) = (false, 0UL, 0UL, 0UL, 0UL);
        while (reader.Next(ref left))
        {
            switch (reader.ReadKey())
            {
                case "trace_id" when reader.TryReadInteger(out trace):
                case "trace_id_high" when reader.TryReadInteger(out high):
                case "span_id" when reader.TryReadInteger(out span):
                case "flags" when reader.TryReadInteger(out flags):
                    break;
                case "tracestate" when reader.TryReadText(out var state):
                    if (state.Length > 0)
                    {
                        _json.WriteString("tracestate", state);
                    }

                    break;
                case "attributes" when !hasAttributes && reader.TryReadMap(out var attributes):
                    hasAttributes = true;
                    ReadAttributes(ref reader, attributes, isTyped: false);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        _json.WriteString("trace_id", HexId.Of(high) + HexId.Of(trace));
        _json.WriteString("span_id", HexId.Of(span));
        if (flags != 0)
        {
            // The highest bit says that there are flags.
            _json.WriteNumber("flags", flags & 0x7FFF_FFFF);
        }

        WriteNone(hasAttributes);
    }

    private void WriteNone(bool hasAttributes)
    {
        if (!hasAttributes)
        {
            _json.WriteStartObject("attributes");
            _json.WriteEndObject();
        }
    }

    /// <param name="isTyped">A value is a map that says its type; else it is text.</param>
    private void ReadAttributes<TReader>(ref TReader reader, int left, bool isTyped)
        where TReader : ISpanReader, allows ref struct
    {
        _json.WriteStartObject("attributes");
        while (reader.Next(ref left))
        {
            var name = reader.ReadKey();
            Count++;
            if (IsFull)
            {
                reader.Skip();
                continue;
            }

            _json.WritePropertyName(name);
            if (isTyped)
            {
                ReadTyped(ref reader, mayBeArray: true);
            }
            else if (reader.TryReadText(out var text))
            {
                _json.WriteStringValue(text);
            }
            else
            {
                _json.WriteNullValue();
                reader.Skip();
            }
        }

        _json.WriteEndObject();
    }

    // The member that is there says the type, and "type" says it again.
    private void ReadTyped<TReader>(ref TReader reader, bool mayBeArray)
        where TReader : ISpanReader, allows ref struct
    {
        var isWritten = false;
        if (reader.TryReadMap(out var left))
        {
            while (reader.Next(ref left))
            {
                if (isWritten || !TryReadValue(ref reader, reader.ReadKey(), mayBeArray, ref isWritten))
                {
                    SkipEntry(ref reader, isWritten);
                }
            }
        }
        else
        {
            reader.Skip();
        }

        if (!isWritten)
        {
            _json.WriteNullValue();
        }
    }

    private static void SkipEntry<TReader>(ref TReader reader, bool isKeyNext)
        where TReader : ISpanReader, allows ref struct
    {
        if (isKeyNext)
        {
            reader.ReadKey();
        }

        reader.Skip();
    }

    private bool TryReadValue<TReader>(ref TReader reader, string member, bool mayBeArray, ref bool isWritten)
        where TReader : ISpanReader, allows ref struct
    {
        switch (member)
        {
            case "string_value" when reader.TryReadText(out var text):
                _json.WriteStringValue(text);
                break;
            case "bool_value" when reader.TryReadInteger(out var truth):
                _json.WriteBooleanValue(truth != 0);
                break;
            case "int_value" when reader.TryReadInteger(out var whole):
                _json.WriteNumberValue((long)whole);
                break;
            case "double_value" when reader.TryReadDouble(out var number):
                JsonNumber.Write(_json, number);
                break;
            case "array_value" when mayBeArray && reader.TryReadMap(out var left):
                ReadArray(ref reader, left);
                break;
            default:
                return false;
        }

        return isWritten = true;
    }

    private void ReadArray<TReader>(ref TReader reader, int left)
        where TReader : ISpanReader, allows ref struct
    {
        _json.WriteStartArray();
        while (reader.Next(ref left))
        {
            if (reader.ReadKey() != "values" || !reader.TryReadArray(out var values))
            {
                reader.Skip();
                continue;
            }

            while (reader.Next(ref values))
            {
                Count++;
                if (IsFull)
                {
                    reader.Skip();
                }
                else
                {
                    ReadTyped(ref reader, mayBeArray: false);
                }
            }
        }

        _json.WriteEndArray();
    }
}
