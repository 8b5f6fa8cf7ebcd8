using System.Text;

namespace Partner.Solution.Tests.Tile;

internal static class Csv
{
    /// <summary>Lines whose fields may be quoted, none over two lines: https://www.rfc-editor.org/rfc/rfc4180</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Read(string path) =>
        [.. TileFile.Read(path).TrimEnd('\n').Split('\n').Select(Fields)];

    private static IReadOnlyList<string> Fields(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else
            {
                field.Append(c);
            }
        }

        return [.. fields, field.ToString()];
    }
}
