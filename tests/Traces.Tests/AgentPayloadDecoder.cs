using Partner.Sending;

namespace Partner.Traces.Tests;

/// <summary>The agent intake's side of its payload, by Datadog's own field numbers.</summary>
internal static class AgentPayloadDecoder
{
    public static (int Priority, string Environment, List<Span> Spans) Decode(ReadOnlySpan<byte> payload)
    {
        var (priority, environment, spans) = (0, "", new List<Span>());
        for (var reader = new ProtobufReader(payload); reader.Next(); )
        {
            Assert.Equal(5, reader.Field);
            for (var tracer = new ProtobufReader(reader.ReadBytes()); tracer.Next(); )
            {
                switch (tracer.Field)
                {
                    case 6:
                        for (var chunk = new ProtobufReader(tracer.ReadBytes()); chunk.Next(); )
                        {
                            switch (chunk.Field)
                            {
                                case 1:
                                    priority = (int)chunk.ReadVarint();
                                    break;
                                case 3:
                                    spans.Add(ReadSpan(chunk.ReadBytes()));
                                    break;
                            }
                        }

                        break;
                    case 8:
                        environment = tracer.ReadString();
                        break;
                }
            }
        }

        return (priority, environment, spans);
    }

    private static Span ReadSpan(ReadOnlySpan<byte> message)
    {
        var span = new Span();
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            switch (reader.Field)
            {
                case 1:
                    span.Service = reader.ReadString();
                    break;
                case 2:
                    span.Name = reader.ReadString();
                    break;
                case 3:
                    span.Resource = reader.ReadString();
                    break;
                case 4:
                    span.TraceId = reader.ReadVarint();
                    break;
                case 5:
                    span.SpanId = reader.ReadVarint();
                    break;
                case 6:
                    span.ParentId = reader.ReadVarint();
                    break;
                case 7:
                    span.Start = (long)reader.ReadVarint();
                    break;
                case 8:
                    span.Duration = (long)reader.ReadVarint();
                    break;
                case 9:
                    span.Error = reader.ReadVarint() != 0;
                    break;
                case 12:
                    span.Type = reader.ReadString();
                    break;
                default:
                    ReadEntry(reader.Field, reader.ReadBytes(), span);
                    break;
            }
        }

        return span;
    }

    private static void ReadEntry(int field, ReadOnlySpan<byte> entry, Span span)
    {
        var reader = new ProtobufReader(entry);
        Assert.True(reader.Next());
        var key = reader.ReadString();
        Assert.True(reader.Next());
        switch (field)
        {
            case 10:
                span.Meta[key] = reader.ReadString();
                break;
            case 11:
                span.Metrics[key] = BitConverter.UInt64BitsToDouble(reader.ReadFixed64());
                break;
            default:
                Assert.Equal(13, field);
                span.MetaStruct[key] = reader.ReadBytes().ToArray();
                break;
        }
    }
}
