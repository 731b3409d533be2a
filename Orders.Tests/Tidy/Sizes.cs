using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Orders.Tests.Tidy;

/// <summary>What fits a screen is read; what does not is scrolled past.</summary>
internal static class Sizes
{
    public const int FileLines = 400;
    public const int MethodLines = 70;
    public const int Columns = 140;
    public const int ProgramLines = 60;

    private static readonly string[] Programs = ["Orders.Service/Program.cs", "Orders.Gateway/Program.cs"];
    private static readonly string[] Sources = [".cs", ".js", ".css"];

    public static IEnumerable<Finding> Check(SourceFile file)
    {
        var lines = file.Lines.Length;
        if (lines > FileLines && Sources.Contains(Path.GetExtension(file.Path)))
        {
            yield return new Finding(file.Path, FileLines + 1, $"{lines} lines are more than {FileLines}", "cut the file by concern");
        }

        if (lines > ProgramLines && Programs.Contains(file.Path))
        {
            var problem = $"{lines} lines are more than {ProgramLines}";
            yield return new Finding(file.Path, ProgramLines + 1, problem, "leave a table of contents and move the rest to its rooms");
        }

        if (!file.IsCSharp)
        {
            yield break;
        }

        foreach (var (index, line) in file.Lines.Index().Where(line => line.Item.Length > Columns))
        {
            yield return new Finding(file.Path, index + 1, $"{line.Length} columns are more than {Columns}", "break the line");
        }

        foreach (var method in file.Root.DescendantNodes().Where(IsMethod))
        {
            var span = method.GetLocation().GetLineSpan();
            var length = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
            if (length > MethodLines)
            {
                yield return file.At(method, $"a method of {length} lines is longer than {MethodLines}", "split it by concern");
            }
        }
    }

    private static bool IsMethod(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax;
}
