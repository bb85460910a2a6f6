package githubapi

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"iac/internal/graphql"
)

// maxPage is the longest page that GitHub gives.
const maxPage = 100

//go:embed schema.graphqls
var schemaText string

var loadSchema = sync.OnceValue(func() *ast.Schema {
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: schemaText})
})

// describeOperation tells what a GraphQL request asks for, or gives nothing where it cannot be read.
func describeOperation(body []byte) string {
	request, err := graphql.Read(bytes.NewReader(body))
	if err != nil {
		return ""
	}
	document, err := parser.ParseQuery(&ast.Source{Input: request.Query})
	if err != nil {
		return ""
	}
	operation := document.Operations.ForName(request.OperationName)
	if operation == nil {
		return ""
	}
	words := []string{string(operation.Operation)}
	for _, selected := range operation.SelectionSet {
		if field, ok := selected.(*ast.Field); ok {
			words = append(words, field.Name)
		}
	}
	return strings.Join(words, " ")
}

// graphql answers a request to the GraphQL API.
func (s *Server) graphql(c *call) response {
	if c.Method != http.MethodPost {
		return failure(http.StatusNotFound, "Not Found")
	}
	request, err := graphql.Read(bytes.NewReader(c.body))
	if err != nil {
		return failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	return answer(http.StatusOK, graphql.Execute(loadSchema(), request, func(operation ast.Operation) graphql.Object {
		return s.root(c, operation)
	}))
}

// object is a value of a type that has fields. A field is a value or a resolver that finds it.
type object struct {
	kind   string
	fields map[string]any
}

// resolver finds the value of a field.
type resolver func(arguments map[string]any) (any, error)

func (o object) Type() string { return o.kind }

func (o object) Field(name string, arguments map[string]any) (any, error) {
	value, ok := o.fields[name]
	if !ok {
		return nil, graphql.Missing(o, name)
	}
	if resolve, ok := value.(resolver); ok {
		return resolve(arguments)
	}
	return value, nil
}

// queryError is an error with GitHub's name for its kind.
type queryError struct{ kind, message string }

func (e queryError) Error() string { return e.message }

func (e queryError) Extend(answered *graphql.Error) { answered.Kind = e.kind }

// root is the object that an operation starts at.
func (s *Server) root(c *call, operation ast.Operation) object {
	g := &graph{s.store, c.site, *c.user}
	if operation == ast.Mutation {
		return object{"Mutation", map[string]any{
			"addComment":         g.mutation(g.addComment),
			"updateIssueComment": g.mutation(g.updateIssueComment),
			"deleteIssueComment": g.mutation(g.deleteIssueComment),
			"minimizeComment":    g.mutation(g.minimizeComment),
		}}
	}
	return object{"Query", map[string]any{
		// Unlike the author of a comment, the viewer has the ending of a bot's login.
		"viewer":     g.account("User", g.viewer.Login),
		"repository": resolver(g.repository),
		"node":       resolver(g.node),
	}}
}

// graph gives what a user of a GitHub can see as objects.
type graph struct {
	store  *store
	site   string
	viewer User
}

func (g *graph) account(kind, login string) object {
	return object{kind, map[string]any{
		"id":    nameID("U", login),
		"login": login,
		"url":   restUser(g.site, login).HTMLURL,
	}}
}

// author is the account that wrote a comment: a bot is named without the ending of its login.
func (g *graph) author(login string) object {
	name, bot := strings.CutSuffix(login, "[bot]")
	if !bot {
		return g.account("User", login)
	}
	account := g.account("Bot", name)
	account.fields["url"] = restUser(g.site, login).HTMLURL
	return account
}

func (g *graph) repository(arguments map[string]any) (any, error) {
	asked := fmt.Sprintf("%s/%s", arguments["owner"], arguments["name"])
	repo, ok := g.store.hasRepo(g.site, asked)
	if !ok {
		return nil, notFound("Could not resolve to a Repository with the name '%s'.", asked)
	}
	_, name, _ := strings.Cut(repo, "/")
	return object{"Repository", map[string]any{
		"id":            nameID("R", repo),
		"name":          name,
		"nameWithOwner": repo,
		"url":           fmt.Sprintf("https://%s/%s", g.site, repo),
		"pullRequest": resolver(func(arguments map[string]any) (any, error) {
			number := integer(arguments["number"])
			pull, err := g.store.pull(g.site, repo, number)
			if err != nil {
				return nil, notFound("Could not resolve to a PullRequest with the number of %d.", number)
			}
			return g.pullRequest(pull), nil
		}),
		"issue": resolver(func(arguments map[string]any) (any, error) {
			number := integer(arguments["number"])
			issue, err := g.store.issue(g.site, repo, number)
			if err != nil {
				return nil, notFound("Could not resolve to an Issue with the number of %d.", number)
			}
			return g.issue(issue), nil
		}),
		"issues": resolver(func(arguments map[string]any) (any, error) {
			var issues []Issue
			if g.store.takesIssues(g.site, repo) {
				issues = g.store.issuesIn(g.site, repo)
			}
			return connection("Issue", "issues", issues, arguments, g.issue)
		}),
	}}, nil
}

func (g *graph) node(arguments map[string]any) (any, error) {
	id := fmt.Sprint(arguments["id"])
	kind, number, _ := parseNodeID(id)
	switch kind {
	case "PR":
		if pull, err := g.store.pullByID(g.site, number); err == nil {
			return g.pullRequest(pull), nil
		}
	case "I":
		if issue, err := g.store.issueByID(g.site, number); err == nil {
			return g.issue(issue), nil
		}
	case "IC":
		if on, comment, err := g.store.comment(g.site, number); err == nil {
			return g.comment(on, comment), nil
		}
	}
	return nil, notFound("Could not resolve to a node with the global id of '%s'", id)
}

func (g *graph) pullRequest(pull pullRequest) object {
	return object{"PullRequest", map[string]any{
		"id":       nodeID("PR", pull.ID),
		"number":   pull.Number,
		"state":    pull.state(),
		"title":    pull.Title,
		"url":      pull.url(),
		"comments": g.comments(pull.conversation),
	}}
}

// comments gives a page of comments.
func (g *graph) comments(on conversation) resolver {
	return func(arguments map[string]any) (any, error) {
		return connection("IssueComment", "comments", on.Comments, arguments, func(c Comment) object { return g.comment(on, c) })
	}
}

func (g *graph) issue(issue Issue) object {
	fields := map[string]any{
		"author":          g.author(issue.Author),
		"body":            issue.Body,
		"closed":          issue.Closed,
		"closedAt":        nil,
		"comments":        g.comments(issue.conversation),
		"createdAt":       issue.CreatedAt,
		"editor":          nil,
		"id":              issue.NodeID(),
		"lastEditedAt":    nil,
		"number":          issue.Number,
		"state":           strings.ToUpper(issue.state()),
		"stateReason":     nil,
		"title":           issue.Title,
		"updatedAt":       issue.UpdatedAt,
		"url":             issue.url(),
		"viewerDidAuthor": issue.Author == g.viewer.Login,
	}
	if issue.Closed {
		fields["closedAt"] = issue.ClosedAt
	}
	if issue.Reason != "" {
		fields["stateReason"] = strings.ToUpper(issue.Reason)
	}
	if issue.Edits > 0 {
		fields["lastEditedAt"] = issue.EditedAt
		if issue.Editor != "" {
			fields["editor"] = g.author(issue.Editor)
		}
	}
	return object{"Issue", fields}
}

// place is where something stands in a list, by its id or by when it was changed last.
type place struct {
	id      int64
	updated time.Time
}

func (c Comment) place() place { return place{c.ID, c.UpdatedAt} }
func (i Issue) place() place   { return place{i.ID, i.UpdatedAt} }

// connection gives a page of a list. A cursor is a place in it, not a number of items: what is deleted or added between
// two pages moves nothing.
func connection[T interface{ place() place }](kind, name string, all []T, arguments map[string]any, show func(T) object) (any, error) {
	if err := checkPage(name, arguments); err != nil {
		return nil, err
	}
	byPlace := ordering(arguments["orderBy"])
	order := func(a, b T) int { return byPlace(a.place(), b.place()) }
	all = slices.Clone(all)
	slices.SortFunc(all, order)
	page, err := cut(slices.Clone(all), byPlace, arguments)
	if err != nil {
		return nil, err
	}

	nodes, edges := make([]graphql.Object, len(page)), make([]graphql.Object, len(page))
	for i, item := range page {
		nodes[i], edges[i] = show(item), edge(kind, item, show)
	}
	info := map[string]any{"startCursor": nil, "endCursor": nil, "hasNextPage": false, "hasPreviousPage": false}
	if len(page) > 0 {
		first, last := page[0].place(), page[len(page)-1].place()
		info["startCursor"], info["endCursor"] = cursor(first), cursor(last)
		info["hasPreviousPage"] = first.id != all[0].place().id
		info["hasNextPage"] = last.id != all[len(all)-1].place().id
	}
	return object{kind + "Connection", map[string]any{
		"edges":      edges,
		"nodes":      nodes,
		"pageInfo":   object{"PageInfo", info},
		"totalCount": len(all),
	}}, nil
}

func edge[T interface{ place() place }](kind string, item T, show func(T) object) object {
	return object{kind + "Edge", map[string]any{"cursor": cursor(item.place()), "node": show(item)}}
}

// checkPage refuses a page without a length or a long one.
func checkPage(list string, arguments map[string]any) error {
	if arguments["first"] == nil && arguments["last"] == nil {
		return queryError{
			"MISSING_PAGINATION_BOUNDARIES",
			fmt.Sprintf("You must provide a `first` or `last` value to properly paginate the `%s` connection.", list),
		}
	}
	for _, name := range []string{"first", "last"} {
		n := integer(arguments[name])
		if n > maxPage {
			return queryError{
				"EXCESSIVE_PAGINATION",
				fmt.Sprintf("Requesting %d records on the `%s` connection exceeds the `%s` limit of %d records.", n, list, name, maxPage),
			}
		}
		if n < 0 {
			return queryError{
				"INVALID_PAGINATION",
				fmt.Sprintf("`%s` on the `%s` connection cannot be less than zero.", name, list),
			}
		}
	}
	return nil
}

// ordering compares places in the order that is asked for; without one, by age.
func ordering(orderBy any) func(a, b place) int {
	chosen, ok := orderBy.(map[string]any)
	if !ok {
		return func(a, b place) int { return cmp.Compare(a.id, b.id) }
	}
	return func(a, b place) int {
		if chosen["direction"] == "DESC" {
			a, b = b, a
		}
		return cmp.Or(a.updated.Compare(b.updated), cmp.Compare(a.id, b.id))
	}
}

// cut leaves of a list the page that the arguments ask for.
func cut[T interface{ place() place }](all []T, order func(a, b place) int, arguments map[string]any) ([]T, error) {
	if text, ok := arguments["after"].(string); ok {
		mark, err := parseCursor(text)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(t T) bool { return order(t.place(), mark) <= 0 })
	}
	if text, ok := arguments["before"].(string); ok {
		mark, err := parseCursor(text)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(t T) bool { return order(t.place(), mark) >= 0 })
	}
	if arguments["first"] != nil {
		all = all[:min(integer(arguments["first"]), len(all))]
	}
	if arguments["last"] != nil {
		all = all[max(len(all)-integer(arguments["last"]), 0):]
	}
	return all, nil
}

// cursor is a place in any order.
func cursor(p place) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d:%d", p.updated.Unix(), p.id))
}

// parseCursor gives the place of a cursor.
func parseCursor(text string) (place, error) {
	var seconds, id int64
	where, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		_, err = fmt.Sscanf(string(where), "%d:%d", &seconds, &id)
	}
	if err != nil {
		return place{}, queryError{
			"INVALID_CURSOR_ARGUMENTS",
			fmt.Sprintf("`%s` does not appear to be a valid cursor.", text),
		}
	}
	return place{id, time.Unix(seconds, 0)}, nil
}

func (g *graph) comment(on conversation, comment Comment) object {
	fields := map[string]any{
		"author":          g.author(comment.Author),
		"body":            comment.Body,
		"createdAt":       comment.CreatedAt,
		"databaseId":      nil,
		"editor":          nil,
		"fullDatabaseId":  strconv.FormatInt(comment.ID, 10),
		"id":              comment.NodeID(),
		"isMinimized":     comment.Minimized != "",
		"lastEditedAt":    nil,
		"minimizedReason": nil,
		"pullRequest":     nil,
		"updatedAt":       comment.UpdatedAt,
		"url":             on.commentURL(comment.ID),
		"viewerDidAuthor": comment.Author == g.viewer.Login,
	}
	if !on.IsIssue {
		fields["pullRequest"] = resolver(func(map[string]any) (any, error) {
			pull, err := g.store.pullByID(g.site, on.ID)
			return g.pullRequest(pull), err
		})
	}
	// An Int has 32 bits. What lies above cannot be told by this field.
	if comment.ID <= math.MaxInt32 {
		fields["databaseId"] = comment.ID
	}
	if comment.Edits > 0 {
		fields["lastEditedAt"] = comment.UpdatedAt
		// An account that is gone is told as none.
		if comment.Editor != "" {
			fields["editor"] = g.author(comment.Editor)
		}
	}
	if comment.Minimized != "" {
		fields["minimizedReason"] = comment.Minimized
	}
	return object{"IssueComment", fields}
}

// mutation is a field that changes something: refused to a token that only reads.
func (g *graph) mutation(change func(input map[string]any) (object, error)) resolver {
	return func(arguments map[string]any) (any, error) {
		if g.viewer.ReadOnly {
			return nil, queryError{"FORBIDDEN", notAccessible}
		}
		input := arguments["input"].(map[string]any)
		payload, err := change(input)
		if err != nil {
			return nil, g.refusal(err, input)
		}
		payload.fields["clientMutationId"] = input["clientMutationId"]
		return payload, nil
	}
}

// refusal puts an error of the store in the words of the GraphQL API.
func (g *graph) refusal(err error, input map[string]any) error {
	var invalid invalidError
	if errors.As(err, &invalid) {
		return queryError{"UNPROCESSABLE", invalid.message}
	}
	id := input["id"]
	if id == nil {
		id = input["subjectId"]
	}
	return notFound("Could not resolve to a node with the global id of '%s'", id)
}

func (g *graph) addComment(input map[string]any) (object, error) {
	kind, id, _ := parseNodeID(fmt.Sprint(input["subjectId"]))
	if kind != "PR" && kind != "I" {
		return object{}, errNotFound
	}
	on, err := g.store.conversationByID(g.site, id)
	if err != nil {
		return object{}, err
	}
	on, comment, err := g.store.add(g.site, on.Repo, on.Number, g.viewer.Login, fmt.Sprint(input["body"]))
	if err != nil {
		return object{}, err
	}
	return object{"AddCommentPayload", map[string]any{
		"commentEdge": edge("IssueComment", comment, func(c Comment) object { return g.comment(on, c) }),
		"subject":     resolver(func(map[string]any) (any, error) { return g.node(map[string]any{"id": input["subjectId"]}) }),
	}}, nil
}

func (g *graph) updateIssueComment(input map[string]any) (object, error) {
	id, err := commentID(input["id"])
	if err != nil {
		return object{}, err
	}
	on, comment, err := g.store.edit(g.site, id, g.viewer.Login, fmt.Sprint(input["body"]))
	if err != nil {
		return object{}, err
	}
	return object{"UpdateIssueCommentPayload", map[string]any{"issueComment": g.comment(on, comment)}}, nil
}

func (g *graph) deleteIssueComment(input map[string]any) (object, error) {
	id, err := commentID(input["id"])
	if err != nil {
		return object{}, err
	}
	return object{"DeleteIssueCommentPayload", map[string]any{}}, g.store.remove(g.site, id)
}

func (g *graph) minimizeComment(input map[string]any) (object, error) {
	id, err := commentID(input["subjectId"])
	if err != nil {
		return object{}, err
	}
	reason := strings.ReplaceAll(strings.ToLower(fmt.Sprint(input["classifier"])), "_", "-")
	on, comment, err := g.store.minimize(g.site, id, reason)
	if err != nil {
		return object{}, err
	}
	return object{"MinimizeCommentPayload", map[string]any{"minimizedComment": g.comment(on, comment)}}, nil
}

func commentID(nodeID any) (int64, error) {
	kind, id, _ := parseNodeID(fmt.Sprint(nodeID))
	if kind != "IC" {
		return 0, errNotFound
	}
	return id, nil
}

func notFound(format string, values ...any) error {
	return queryError{"NOT_FOUND", fmt.Sprintf(format, values...)}
}

// integer reads the value of an Int, which comes in several types; of none it is 0.
func integer(value any) int {
	n, _ := strconv.Atoi(fmt.Sprint(value))
	return n
}
