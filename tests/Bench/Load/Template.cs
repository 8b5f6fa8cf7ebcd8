using System.Buffers.Text;
using System.Text;
using Partner.Sandbox.Intake;

namespace Partner.Bench.Load;

/// <summary>A request's bytes once made; for each request only the marks are written anew, which costs next to nothing.</summary>
internal sealed class Template
{
    private readonly byte[] _body;
    private readonly (int Start, int Length, int Mark)[] _items;

    public Template(Shape shape, Random random, DateTimeOffset now)
    {
        var items = Enumerable
            .Range(0, shape.ItemsPerRequest)
            .Select(_ => Encoding.UTF8.GetBytes(shape.Item(random, now)))
            .ToList();
        using var body = new MemoryStream();
        _items = new (int, int, int)[items.Count];
        body.Write(Encoding.UTF8.GetBytes(shape.Prefix));
        for (var i = 0; i < items.Count; i++)
        {
            body.Write(i == 0 ? [] : ","u8);
            var start = (int)body.Position;
            _items[i] = (start, items[i].Length, start + Marks.Find(items[i]));
            body.Write(items[i]);
        }

        body.Write(Encoding.UTF8.GetBytes(shape.Suffix));
        _body = body.ToArray();
    }

    /// <summary>Bytes of the items alone.</summary>
    public int ItemBytes => _items.Sum(item => item.Length);

    /// <summary>The body of a request whose items have ids from <paramref name="first"/> on, and their hashes.</summary>
    public (byte[] Body, ulong[] Hashes) Fill(ulong first)
    {
        var (body, hashes) = (_body.AsSpan().ToArray(), new ulong[_items.Length]);
        for (var i = 0; i < _items.Length; i++)
        {
            var (start, length, mark) = _items[i];
            Utf8Formatter.TryFormat(first + (ulong)i, body.AsSpan(mark), out _, new('x', 16));
            hashes[i] = Marks.HashOf(body.AsSpan(start, length));
        }

        return (body, hashes);
    }
}
