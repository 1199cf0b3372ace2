#include "native/plan/request_tensors.h"

#include <algorithm>
#include <utility>

#include "native/base/element_value.h"
#include "native/base/shapes.h"
#include "native/plan/row_lengths.h"

namespace quorate {

namespace {

// An open dimension takes the other side's size.
bool Merge(std::vector<int64_t>* known, const std::vector<int64_t>& other) {
  if (known->size() != other.size()) return false;
  for (size_t i = 0; i < other.size(); ++i) {
    if ((*known)[i] < 0) {
      (*known)[i] = other[i];
    } else if (other[i] >= 0 && other[i] != (*known)[i]) {
      return false;
    }
  }
  return true;
}

bool FollowsModels(const TensorSpec& input) {
  return input.row_shape == std::vector<int64_t>{kShapeFromModels};
}

// Grows tensor by tensor, and collects what does not fit.
class TensorTable {
 public:
  explicit TensorTable(std::vector<Status>* problems) : problems_(problems) {}

  // The tensor's index; it is added unless its name is known.
  uint32_t Add(const TensorSpec& input, const std::string& where) {
    const uint32_t index = Find(input.name);
    if (index == tensors_.size()) {
      tensors_.push_back({input.name, input.type, input.row_shape, 0, {}, {}});
      first_readers_.push_back(where);
      return index;
    }
    RequestTensor& known = tensors_[index];
    if (known.type != input.type) {
      Differ(where, index, ElementName(input.type), ElementName(known.type));
    } else if (!Merge(&known.row_shape, input.row_shape)) {
      Differ(where, index, "rows of " + ShapeText(input.row_shape),
             "rows of " + ShapeText(known.row_shape));
    }
    return index;
  }

  void FixShape(const std::string& name, const std::vector<int64_t>& shape) {
    const uint32_t index = Find(name);
    if (index == tensors_.size()) {
      Problem(StatusCode::kInvalidArgument, "shapes names \"" + name + "\", which no model reads");
    } else if (!Merge(&tensors_[index].row_shape, shape)) {
      Problem(StatusCode::kModelMismatch, "shapes gives \"" + name + "\" " + ShapeText(shape) +
                                              ", the models read " +
                                              ShapeText(tensors_[index].row_shape));
    }
  }

  void MakeRagged(const RaggedSpec& spec) {
    const uint32_t index = Find(spec.tensor);
    if (index == tensors_.size()) {
      return Problem(StatusCode::kInvalidArgument,
                     "tensors names \"" + spec.tensor + "\", which no model reads");
    }
    RequestTensor& tensor = tensors_[index];
    if (!spec.shape.empty() && !Merge(&tensor.row_shape, spec.shape)) {
      return Problem(StatusCode::kModelMismatch, "tensors gives \"" + spec.tensor + "\" " +
                                                     ShapeText(spec.shape) + ", the models read " +
                                                     ShapeText(tensor.row_shape));
    }
    if (tensor.row_shape.empty() || tensor.row_shape[0] >= 0) {
      return Problem(StatusCode::kModelMismatch,
                     "tensor \"" + spec.tensor + "\" cannot be ragged: its models read rows of " +
                         ShapeText(tensor.row_shape) + ", whose first dimension is not open");
    }
    RaggedTensor ragged;
    ragged.length = LengthIndex(spec.length);
    ragged.name = spec.length;
    ragged.padded = spec.padded;
    ragged.max_length = spec.max_length;
    if (spec.padded && !WriteElement(tensor.type, spec.pad, ragged.pad)) {
      Problem(StatusCode::kInvalidArgument, "tensor \"" + spec.tensor + "\" is " +
                                                ElementName(tensor.type) +
                                                ", which has no such value as its `pad`");
    }
    tensor.ragged = ragged;
  }

  // The tensors that a function reads: those it names, or all.
  std::vector<uint32_t> OfFunction(const MemberSpec& member, const std::string& where) {
    std::vector<uint32_t> inputs;
    if (member.function_inputs.empty()) {
      for (uint32_t i = 0; i < tensors_.size(); ++i) inputs.push_back(i);
      if (inputs.empty()) {
        Problem(StatusCode::kInvalidArgument,
                where +
                    ": nothing in the cascade describes a tensor, so the function must "
                    "declare its inputs with type and shape");
      }
    }
    for (const TensorSpec& input : member.function_inputs) {
      inputs.push_back(Find(input.name));
      if (inputs.back() < tensors_.size()) continue;
      Problem(StatusCode::kInvalidArgument, where + ": no model reads \"" + input.name +
                                                "\", so the function must declare its type and "
                                                "shape");
    }
    return inputs;
  }

  void CheckOpenShapes() {
    for (const RequestTensor& tensor : tensors_) {
      if (!HasOpenDimension(tensor.ShapeAt(1))) continue;
      const char* const remedy =
          tensor.ragged ? "; give all but the first with `rowShape`"
                        : "; give them with `shapes`, or say with `tensors` that rows differ";
      Problem(StatusCode::kModelMismatch, "tensor \"" + tensor.name + "\" has open dimensions " +
                                              ShapeText(tensor.row_shape) + remedy);
    }
  }

  std::vector<RequestTensor> Take() { return std::move(tensors_); }

 private:
  void Differ(const std::string& where, uint32_t index, const std::string& one,
              const std::string& other) {
    const std::string& name = tensors_[index].name;
    Problem(StatusCode::kModelMismatch,
            where + " reads \"" + name + "\" as " + one + ", and " + first_readers_[index] +
                " as " + other + ": one tensor cannot be both; give the members tensors of " +
                "different names with `inputs`, as in inputs: { \"" + name + "\": \"" + name +
                "2\" }");
  }

  // tensors_.size(): it is not there.
  uint32_t Find(const std::string& name) const {
    const auto at = std::find_if(tensors_.begin(), tensors_.end(),
                                 [&name](const RequestTensor& t) { return t.name == name; });
    return static_cast<uint32_t>(at - tensors_.begin());
  }

  uint32_t LengthIndex(const std::string& name) {
    const auto at = std::find(lengths_.begin(), lengths_.end(), name);
    const auto index = static_cast<uint32_t>(at - lengths_.begin());
    if (at != lengths_.end()) return index;
    lengths_.push_back(name);
    if (lengths_.size() == kMostLengths + 1) {
      Problem(StatusCode::kInvalidArgument,
              "tensors gives rows more than 2 lengths, \"" + name + "\" is the third");
    }
    return index;
  }

  void Problem(StatusCode code, std::string message) {
    problems_->emplace_back(code, std::move(message));
  }

  std::vector<std::string> lengths_;
  std::vector<Status>* const problems_;
  std::vector<RequestTensor> tensors_;
  std::vector<std::string> first_readers_;  // [tensors] the member that described it.
};

// Calls visit(t, m) for every member.
template <typename Visit>
void EachMember(const CascadeSpec& spec, Visit visit) {
  for (size_t t = 0; t < spec.tiers.size(); ++t) {
    for (size_t m = 0; m < spec.tiers[t].members.size(); ++m) visit(t, m);
  }
}

// Tensors of the same length have the same limit: the least that one of them has.
void LimitLengths(std::vector<RequestTensor>* tensors) {
  size_t limits[kMostLengths] = {};
  for (const RequestTensor& tensor : *tensors) {
    if (!tensor.ragged || tensor.ragged->max_length == 0) continue;
    size_t& limit = limits[tensor.ragged->length];
    limit = limit == 0 ? tensor.ragged->max_length : std::min(limit, tensor.ragged->max_length);
  }
  for (RequestTensor& tensor : *tensors) {
    if (tensor.ragged) tensor.ragged->max_length = limits[tensor.ragged->length];
  }
}

void Complete(RequestTensors* found) {
  for (uint32_t t = 0; t < found->members.size(); ++t) {
    for (const std::vector<uint32_t>& inputs : found->members[t]) {
      for (const uint32_t input : inputs) {
        std::vector<uint32_t>& tiers = found->tensors[input].tiers;
        if (tiers.empty() || tiers.back() != t) tiers.push_back(t);
      }
    }
  }
  LimitLengths(&found->tensors);
  for (RequestTensor& tensor : found->tensors) {
    tensor.row_bytes = Elements(tensor.row_shape) * ElementSize(tensor.type);
    if (!tensor.ragged) continue;
    tensor.ragged->step_bytes = Elements(tensor.ShapeAt(1)) * ElementSize(tensor.type);
    found->lengths = std::max<size_t>(found->lengths, tensor.ragged->length + 1);
  }
}

}  // namespace

std::vector<int64_t> RequestTensor::ShapeAt(size_t length) const {
  std::vector<int64_t> shape = row_shape;
  if (ragged) shape[0] = static_cast<int64_t>(length);
  return shape;
}

RequestTensors FindRequestTensors(const CascadeSpec& spec, const std::vector<TierModels>& models,
                                  std::vector<Status>* problems) {
  TensorTable table(problems);
  RequestTensors found;
  for (const TierSpec& tier : spec.tiers) found.members.emplace_back(tier.members.size());
  EachMember(spec, [&](size_t t, size_t m) {
    if (!models[t][m].loaded.has_value()) return;
    for (const TensorSpec& input : InfoOf(*models[t][m].loaded).inputs) {
      found.members[t][m].push_back(table.Add(input, MemberText(spec.tiers[t], m)));
    }
  });
  if (!problems->empty()) return found;
  EachMember(spec, [&](size_t t, size_t m) {
    for (const TensorSpec& input : spec.tiers[t].members[m].function_inputs) {
      if (!FollowsModels(input)) table.Add(input, MemberText(spec.tiers[t], m));
    }
  });
  for (const auto& [name, shape] : spec.shapes) table.FixShape(name, shape);
  for (const RaggedSpec& ragged : spec.ragged) table.MakeRagged(ragged);
  EachMember(spec, [&](size_t t, size_t m) {
    const MemberSpec& member = spec.tiers[t].members[m];
    if (!member.make_function) return;
    found.members[t][m] = table.OfFunction(member, MemberText(spec.tiers[t], m));
  });
  if (!problems->empty()) return found;
  table.CheckOpenShapes();
  found.tensors = table.Take();
  Complete(&found);
  return found;
}

}  // namespace quorate
