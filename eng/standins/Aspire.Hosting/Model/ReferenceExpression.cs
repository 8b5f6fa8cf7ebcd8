using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

public class ReferenceExpression : IExpressionValue
{
    // A composite format string, and what goes into its holes.
    private readonly string _format;
    private readonly IExpressionHole[] _holes;

    internal ReferenceExpression(string format, IExpressionHole[] holes)
    {
        (_format, _holes) = (format, holes);
    }

    internal interface IExpressionHole
    {
        string Manifest { get; }

        ValueTask<string?> GetValueAsync(CancellationToken cancellationToken);
    }

    public string ValueExpression => string.Format(CultureInfo.InvariantCulture, _format, [.. _holes.Select(h => h.Manifest)]);

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.ToExpression();

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        if (_format.Length == 0)
        {
            return null;
        }

        var values = new object?[_holes.Length];
        for (var i = 0; i < _holes.Length; i++)
        {
            values[i] = await _holes[i].GetValueAsync(cancellationToken);
        }

        return string.Format(CultureInfo.InvariantCulture, _format, values);
    }

    [InterpolatedStringHandler]
    public ref struct ExpressionInterpolatedStringHandler
    {
        private readonly StringBuilder _format;
        private readonly List<IExpressionHole> _holes;

        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
        {
            _format = new StringBuilder(literalLength);
            _holes = new List<IExpressionHole>(formattedCount);
        }

        public readonly void AppendLiteral(string value) => AppendFormatted(value);

        public readonly void AppendFormatted(string? value) => _format.Append(value?
            .Replace("{", "{{", StringComparison.Ordinal)
            .Replace("}", "}}", StringComparison.Ordinal));

        public void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider
        {
            _format.Append(CultureInfo.InvariantCulture, $"{{{_holes.Count}}}");
            _holes.Add(new Hole<T>(valueProvider));
        }

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider =>
            AppendFormatted(valueProvider.Resource);

        internal readonly ReferenceExpression ToExpression() => new(_format.ToString(), [.. _holes]);
    }

    private sealed class Hole<T>(T provider) : IExpressionHole where T : IValueProvider, IManifestExpressionProvider
    {
        public string Manifest => provider.ValueExpression;

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => provider.GetValueAsync(cancellationToken);
    }
}
