namespace Partner.Sending.Otlp;

/// <summary>
/// Walks a request in protobuf: each resource, each of its scopes, each of their items, where they stand. A resource or
/// scope that cannot be read is told as such, and those beside it are walked all the same.
/// </summary>
/// <param name="schema">With its bounds.</param>
public abstract class OtlpWalk(RequestSchema schema)
{
    private readonly int[] _counts = schema.NewCounts();

    /// <summary>Parts of items that are not sent because they are of another type than their place has.</summary>
    protected int LeftOut { get; set; }

    /// <summary>No more is to be walked.</summary>
    protected abstract bool IsOver { get; }

    /// <summary>Its scopes come next.</summary>
    protected abstract void EnterResource(ReadOnlySpan<byte> resource);

    /// <summary>Its items come next.</summary>
    protected abstract void EnterScope(ReadOnlySpan<byte> scope);

    /// <summary>An item of the scope that was entered last; it is not checked yet.</summary>
    protected abstract void Visit(ReadOnlySpan<byte> item);

    /// <summary>A resource with its scopes, or a scope with its items, which cannot be told apart or has a head that is none.</summary>
    protected abstract void PassOver(ReadOnlySpan<byte> message);

    /// <summary>What stands where an item is to be in JSON, and is no object.</summary>
    protected abstract void PassOverJson(ReadOnlySpan<byte> json);

    /// <exception cref="System.Text.Json.JsonException">It is not JSON.</exception>
    /// <exception cref="MalformedException">It is not OTLP, or is more than is taken.</exception>
    protected void Walk(IntakeBody body, string contentType)
    {
        if (contentType == OtlpAnswer.Protobuf)
        {
            Walk(body.Bytes.Span);
            return;
        }

        var json = ProtobufJson.Read(body.Bytes.Span, schema, body.Memory);
        LeftOut = json.LeftOut;
        Walk(json.Message.Span);
        foreach (var odd in json.Odd)
        {
            PassOverJson(body.Bytes.Span[odd]);
        }
    }

    private void Walk(ReadOnlySpan<byte> request)
    {
        var resources = schema.Request.Find(OtlpFields.Resources)!.Message!();
        var reader = new ProtobufReader(request);
        while (!IsOver && reader.Next())
        {
            if (reader.Field != OtlpFields.Resources)
            {
                continue;
            }

            Count(resources);
            var message = reader.ReadBytes();
            if (!reader.IsBad)
            {
                WalkResource(message, resources);
            }
        }

        if (reader.IsBad)
        {
            throw new MalformedException("The protobuf message is cut off, or is none.");
        }
    }

    /// <exception cref="MalformedException">There are more of them than are taken.</exception>
    protected void Count(MessageSchema message) => schema.Count(message, _counts);

    private void WalkResource(ReadOnlySpan<byte> message, MessageSchema schemaOfIt)
    {
        if (!TryFindHead(message, schemaOfIt, OtlpFields.Resource.Itself, OtlpFields.Resource.Scopes, out var head))
        {
            PassOver(message);
            return;
        }

        EnterResource(head);
        var scopes = schemaOfIt.Find(OtlpFields.Resource.Scopes)!.Message!();
        for (var reader = new ProtobufReader(message); !IsOver && reader.Next(); )
        {
            if (reader.Field == OtlpFields.Resource.Scopes)
            {
                Count(scopes);
                WalkScope(reader.ReadBytes(), scopes);
            }
        }
    }

    private void WalkScope(ReadOnlySpan<byte> message, MessageSchema schemaOfIt)
    {
        if (!TryFindHead(message, schemaOfIt, OtlpFields.Scope.Itself, OtlpFields.Scope.Items, out var head))
        {
            PassOver(message);
            return;
        }

        EnterScope(head);
        var items = schemaOfIt.Find(OtlpFields.Scope.Items)!.Message!();
        for (var reader = new ProtobufReader(message); !IsOver && reader.Next(); )
        {
            if (reader.Field == OtlpFields.Scope.Items)
            {
                Count(items);
                Visit(reader.ReadBytes());
            }
        }
    }

    // The head may stand behind the children.
    private static bool TryFindHead(
        ReadOnlySpan<byte> message,
        MessageSchema schema,
        int itself,
        int child,
        out ReadOnlySpan<byte> head
    )
    {
        head = default;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == itself)
            {
                head = reader.ReadBytes();
                if (reader.IsBad || !OtlpCheck.IsReadable(head, schema.Find(itself)!.Message!()))
                {
                    return false;
                }
            }
            else if (reader.Field == child)
            {
                // Of another type it is bad.
                reader.ReadBytes();
            }
        }

        return !reader.IsBad;
    }
}
