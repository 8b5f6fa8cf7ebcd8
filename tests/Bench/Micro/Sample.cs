using System.Text;

namespace Partner.Bench.Micro;

/// <summary>Requests that look like an access log's: about 250 bytes an item.</summary>
internal static class Sample
{
    private static readonly string[] Paths = ["/", "/login", "/api/orders", "/api/orders/7", "/static/app.js"];

    public static byte[] Request(int items, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder("[");
        for (var i = 0; i < items; i++)
        {
            text.Append(i == 0 ? "" : ",")
                .Append(
                    $$"""
                    {"message":"10.0.{{random.Next(256)}}.{{random.Next(256)}} GET {{Paths[
                        random.Next(Paths.Length)
                    ]}} {{random.Next(100, 600)}} {{random.Next(
                        90_000
                    )}} {{random.NextInt64():x}}","ddsource":"nginx","ddtags":"env:prod,version:1.4.{{random.Next(
                        9
                    )}}","hostname":"web-{{random.Next(40)}}","service":"shop","status":"info"}
                    """
                );
        }

        return Encoding.UTF8.GetBytes(text.Append(']').ToString());
    }
}
